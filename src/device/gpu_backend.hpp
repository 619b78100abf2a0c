// LibTorch's half for GPUs: a library of its own, which registers itself with ATen when it is loaded. It takes a third
// of a second and 350 MB of every process, so a node without a GPU goes without it.
#pragma once

#include <filesystem>
#include <string>

namespace hpctrain::device {

/// The node's driver shows a GPU, whoever may use it.   `root`: where /dev and /proc stand
bool has_gpu_hardware(const std::filesystem::path& root = "/");

/// Loads it, once, where there is a GPU or `is_wished` in spite of none. Happens before main() on nodes with a GPU:
/// ATen asks for GPUs once and believes the first answer for ever.
///   returns  whether it is loaded now; false too where LibTorch or this program is built without CUDA
bool load_gpu_backend(bool is_wished = false, const std::filesystem::path& root = "/");

/// What the loader of shared libraries said when that failed, such as a library it depends on that is missing; empty
/// when it did not fail.
std::string gpu_backend_obstacle();

}  // namespace hpctrain::device
