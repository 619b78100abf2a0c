// What a GPU is, is called and has left, beyond the number that this process knows it by.
#pragma once

#include <cstdint>
#include <string>

namespace hpctrain::device {

/// Unlike for two different GPUs of a node, and alike in every process that sees the GPU, whatever its ordinal there.
/// Empty where it cannot be told.
std::string gpu_identity(int ordinal);

/// "NVIDIA H100 80GB HBM3, 79.1 GiB".
std::string gpu_name(int ordinal);

/// Memory that nobody holds at this moment; 0 where it cannot be told.
std::uint64_t gpu_free_bytes(int ordinal);

/// Major number of the compute capability: 7 Volta and Turing, 8 Ampere and Ada, 9 Hopper. 0 where it cannot be told.
int gpu_capability(int ordinal);

/// Newest CUDA that the node's driver serves, as CUDA counts: 12040 for 12.4. 0 without a driver.
int driver_cuda_version();

/// CUDA that this program is built with, as CUDA counts; 0 in a build without.
int built_cuda_version() noexcept;

/// False in a build without CUDA, which no GPU can help.
bool is_built_for_gpus() noexcept;

}  // namespace hpctrain::device
