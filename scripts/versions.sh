# Versions pinned in one place; sourced by the scripts, not run.
# shellcheck shell=bash disable=SC2034
LIBTORCH_VERSION=2.11.0
PYTHON_PACKAGES=(
  "torch==${LIBTORCH_VERSION}"
  "torchvision==0.26.0"
  "numpy==2.4.6"
  "h5py==3.16.0"
  "safetensors==0.8.0"
  "tensorboard==2.21.0"
)
SYSTEM_PACKAGES=(
  g++ cmake ninja-build ccache mold pkg-config git
  python3 python3-venv
  libopenmpi-dev openmpi-bin
  libhdf5-dev
  libboost-program-options-dev
  libspdlog-dev nlohmann-json3-dev libxxhash-dev libssl-dev zlib1g-dev
  libpng-dev libjpeg-dev libstb-dev
  libgtest-dev libgmock-dev
  dataset-fashion-mnist
)
# Only scripts/test needs these.
CHECK_PACKAGES=(
  clang-format clang-tidy shellcheck strace
  slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge libpmix-dev
  environment-modules
  lua5.3 lua-filesystem lua-json lua-posix lua-term tcl  # what Lmod needs
)
