// What a GPU is and is called, beyond the number that this process knows it by.
#pragma once

#include <string>

namespace hpctrain::device {

/// Unlike for two different GPUs of a node, and alike in every process that sees the GPU, whatever its ordinal there.
/// Empty where it cannot be told.
std::string gpu_identity(int ordinal);

/// "NVIDIA H100 80GB HBM3, 79.1 GiB".
std::string gpu_name(int ordinal);

}  // namespace hpctrain::device
