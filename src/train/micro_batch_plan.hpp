// How many samples of a rank fit into its memory at once, from what two small micro-batches needed. Pure.
#pragma once

#include <cstdint>

namespace hpctrain::train {

/// The most that tensors held while so many samples went through a network.
struct MemoryPoint {
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;
};

/// Slope of the straight line through two points of unequal samples.
double bytes_per_sample(const MemoryPoint& fewer, const MemoryPoint& more);

/// The most samples that stay within `budget_bytes`, as a straight line through both measurements has it: 1 to `most`.
/// A tenth is kept free, for kernels that want more workspace for larger batches.
std::uint64_t plan_largest_micro_batch(const MemoryPoint& fewer, const MemoryPoint& more, std::uint64_t budget_bytes,
                                       std::uint64_t most);

}  // namespace hpctrain::train
