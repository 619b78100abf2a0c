#include "data/stream_plan.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"

namespace hpctrain::data {

std::vector<ShardUse> plan_shard_uses(const EpochOrder& order, std::span<const std::uint64_t> shard_rows) {
  std::vector<std::uint64_t> ends;
  std::uint64_t rows = 0;
  for (const std::uint64_t count : shard_rows) ends.push_back(rows += count);
  std::vector<ShardUse> uses(shard_rows.size());
  for (std::uint64_t position = 0; position < rows; ++position) {
    const auto after = std::upper_bound(ends.begin(), ends.end(), order.row_at(position));
    ShardUse& use = uses[static_cast<std::size_t>(after - ends.begin())];
    if (use.end == 0) use.first = position;
    use.end = position + 1;
  }
  return uses;
}

std::vector<std::uint64_t> plan_next_uses(std::span<const ShardUse> this_epoch, std::span<const ShardUse> next_epoch,
                                          std::uint64_t position, std::uint64_t num_samples) {
  require_invariant(this_epoch.size() == next_epoch.size(), "both epochs use the same shards");
  std::vector<std::uint64_t> next_uses;
  for (std::size_t shard = 0; shard < this_epoch.size(); ++shard) {
    const ShardUse& use = this_epoch[shard];
    if (position < use.end) {
      next_uses.push_back(use.first > position ? use.first - position : 0);
    } else {
      next_uses.push_back(num_samples - position + next_epoch[shard].first);
    }
  }
  return next_uses;
}

std::vector<std::size_t> plan_held_shards(std::span<const std::uint64_t> next_uses,
                                          std::span<const std::uint64_t> shard_bytes, std::uint64_t limit_bytes) {
  std::vector<std::size_t> by_need(next_uses.size());
  std::iota(by_need.begin(), by_need.end(), std::size_t{0});
  std::stable_sort(by_need.begin(), by_need.end(),
                   [&](std::size_t a, std::size_t b) { return next_uses[a] < next_uses[b]; });
  std::vector<std::size_t> held;
  std::uint64_t bytes = 0;
  for (const std::size_t shard : by_need) {
    if (shard_bytes[shard] > limit_bytes - bytes) break;
    bytes += shard_bytes[shard];
    held.push_back(shard);
  }
  return held;
}

std::vector<std::size_t> plan_removals(std::vector<std::size_t> cached, std::span<const std::uint64_t> next_uses,
                                       std::span<const std::uint64_t> shard_bytes, std::uint64_t limit_bytes,
                                       std::uint64_t bytes_wanted) {
  std::stable_sort(cached.begin(), cached.end(),
                   [&](std::size_t a, std::size_t b) { return next_uses[a] > next_uses[b]; });
  std::uint64_t bytes = bytes_wanted;
  for (const std::size_t shard : cached) bytes += shard_bytes[shard];
  std::vector<std::size_t> removals;
  for (const std::size_t shard : cached) {
    if (bytes <= limit_bytes) break;
    bytes -= shard_bytes[shard];
    removals.push_back(shard);
  }
  return removals;
}

}  // namespace hpctrain::data
