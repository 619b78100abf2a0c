// Which shards a bounded cache holds at a moment of training. The order of samples is known in advance, so the shard
// that goes is the one whose next use is farthest (Belady 1966), never the one used least recently: an epoch uses every
// shard once. Pure arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/sample_order.hpp"

namespace hpctrain::data {

/// The positions of an epoch between which a shard is in use; empty when first == end.
struct ShardUse {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  bool operator==(const ShardUse&) const = default;
};

/// When the epoch uses each shard, by walking it once. `shard_rows` are the rows of the split's shards.
///   cost  one look-up for each sample
std::vector<ShardUse> plan_shard_uses(const EpochOrder& order, std::span<const std::uint64_t> shard_rows);

/// Positions until each shard is needed next, 0 while it is in use. Both epochs have `num_samples` positions.
std::vector<std::uint64_t> plan_next_uses(std::span<const ShardUse> this_epoch, std::span<const ShardUse> next_epoch,
                                          std::uint64_t position, std::uint64_t num_samples);

/// The shards to hold within `limit_bytes`, the one needed soonest first.
std::vector<std::size_t> plan_held_shards(std::span<const std::uint64_t> next_uses,
                                          std::span<const std::uint64_t> shard_bytes, std::uint64_t limit_bytes);

/// Which of the `cached` shards go, so that `bytes_wanted` more fit: the one needed last goes first.
std::vector<std::size_t> plan_removals(std::vector<std::size_t> cached, std::span<const std::uint64_t> next_uses,
                                       std::span<const std::uint64_t> shard_bytes, std::uint64_t limit_bytes,
                                       std::uint64_t bytes_wanted);

}  // namespace hpctrain::data
