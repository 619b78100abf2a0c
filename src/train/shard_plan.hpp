// Which rank keeps the optimizer state of which elements: a pure function of the parameters' sizes and the number of
// ranks. Parameters lie one after another in one flat slab, and each rank owns one of its equal blocks, whatever
// tensors the ends of a block cut. Knows neither tensors nor update rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "train/settings.hpp"

namespace hpctrain::train {

/// Parameters begin, and blocks end, at multiples of so many elements: what a kernel does with whole vector registers
/// and what it does with the rest of a tensor then falls on the same elements with and without cuts, and so do the
/// bits.
inline constexpr std::int64_t kShardAlignment = 64;

/// Consecutive elements of one parameter, in the order of memory, that one rank owns.
struct ShardPiece {
  std::size_t parameter = 0;  ///< index into the sizes
  int owner = 0;              ///< rank
  std::int64_t first = 0;     ///< element of the parameter
  std::int64_t elements = 0;  ///< at least 1
};

struct ShardPlan {
  std::vector<std::int64_t> offsets;  ///< of each parameter, elements from the slab's start
  std::int64_t block_elements = 0;    ///< the slab has one block for each rank
  std::vector<ShardPiece> pieces;     ///< of all ranks, in the order of the slab; at most one of a parameter on a rank
};

/// `elements`: of each parameter, in the network's order; at least 1 each.
ShardPlan plan_shards(std::span<const std::int64_t> elements, int world);

/// Elements whose state `rank` keeps, and the parameters that they belong to, each counted once.
struct ShardSize {
  std::int64_t elements = 0;
  std::int64_t parameters = 0;
};
ShardSize shard_size(const ShardPlan& plan, int rank);

/// Bytes of state that an update rule, and a moving average of the weights, keep for so many elements of so many
/// parameters.
///   element_bytes  of one parameter's element: 4 for float32
std::int64_t plan_optimizer_bytes(const OptimizerSettings& settings, bool has_average, const ShardSize& size,
                                  std::int64_t element_bytes);

}  // namespace hpctrain::train
