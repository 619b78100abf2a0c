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

}  // namespace hpctrain::device
