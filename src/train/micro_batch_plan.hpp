// How many samples of a rank fit into its memory at once, from what two small micro-batches needed. Pure.
#pragma once

#include <cstdint>

namespace hpctrain::train {

/// Most bytes that tensors held while so many samples went forward and backward.
struct MemoryMeasurement {
  std::uint64_t samples = 1;
  std::uint64_t peak_bytes = 0;
};

/// The most samples that stay within `budget_bytes`, as a straight line through both measurements has it: 1 to `most`.
/// A tenth is kept free, for kernels that want more workspace for larger batches.
std::uint64_t plan_largest_micro_batch(const MemoryMeasurement& fewer, const MemoryMeasurement& more,
                                       std::uint64_t budget_bytes, std::uint64_t most);

}  // namespace hpctrain::train
