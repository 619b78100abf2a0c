// The one question about a GPU's memory that torch's device-neutral interface does not know.
#pragma once

#include <cstdint>
#include <optional>

namespace hpctrain::device {

/// Most bytes that this process's tensors may take of the GPU. Without a value: all of it.
void limit_gpu_memory(int ordinal, std::optional<std::uint64_t> bytes);

}  // namespace hpctrain::device
