// What GPUs a process finds on its node, those included that it cannot use. Decides nothing.
#pragma once

#include <filesystem>
#include <string>

#include "device/device_plan.hpp"

namespace hpctrain::device {

struct GpuSurvey {
  int visible = 0;                  ///< to this process, after CUDA_VISIBLE_DEVICES
  std::string first{};              ///< identity of the first visible one, "unknown" where it cannot be told
  bool has_hardware = false;        ///< the node's driver shows a GPU, whoever may use it
  bool can_compute_on_gpus = true;  ///< this program and its LibTorch are built with CUDA
};

/// Leaves CUDA alone when CPUs are wished.   `root`: where /dev and /proc stand
GpuSurvey survey_gpus(DeviceWish wish, const std::filesystem::path& root = "/");

}  // namespace hpctrain::device
