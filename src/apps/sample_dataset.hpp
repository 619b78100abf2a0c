// The sample data set that `hpctrain` without arguments trains on: Fashion-MNIST from its Debian package, packed once
// into the user's cache folder.
#pragma once

#include <filesystem>

namespace hpctrain::apps {

/// $XDG_CACHE_HOME/hpctrain/sample/fashion-mnist-v1, with ~/.cache where the variable is not set.
///   errors  Fault::usage when HOME is not set either
std::filesystem::path sample_dataset_folder();

/// Whether `folder` is that one; asks for no cache folder.
bool is_sample_dataset(const std::filesystem::path& folder);

/// Packs the sample data set into `folder` with the packer beside this program, unless it is there already.
///   blocks  some seconds at the first use   (one process only)
///   errors  Fault::data naming the package to install when the source files are missing; the packer's own faults
void make_sample_dataset(const std::filesystem::path& folder);

/// hpctrain-pack, which lies beside this program.
std::filesystem::path packer_program();

}  // namespace hpctrain::apps
