// The bounded cache against every way of evicting there is.
#include "data/stream_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace hpctrain::data {
namespace {

using Shards = std::set<std::size_t>;

/// Fewest loads for `uses`, one shard at a time, by trying every eviction.
int fewest_loads(const std::vector<std::size_t>& uses, std::size_t at, const Shards& cached, std::size_t capacity,
                 std::map<std::pair<std::size_t, Shards>, int>& known) {
  if (at == uses.size()) return 0;
  if (const auto found = known.find({at, cached}); found != known.end()) return found->second;
  int best = 0;
  if (cached.count(uses[at]) > 0) {
    best = fewest_loads(uses, at + 1, cached, capacity, known);
  } else if (cached.size() < capacity) {
    Shards more = cached;
    more.insert(uses[at]);
    best = 1 + fewest_loads(uses, at + 1, more, capacity, known);
  } else {
    best = 1 << 20;
    for (const std::size_t victim : cached) {
      Shards other = cached;
      other.erase(victim);
      other.insert(uses[at]);
      best = std::min(best, 1 + fewest_loads(uses, at + 1, other, capacity, known));
    }
  }
  known[{at, cached}] = best;
  return best;
}

std::vector<ShardUse> uses_of(const std::vector<std::size_t>& order) {
  std::vector<ShardUse> uses(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) uses[order[i]] = {i, i + 1};
  return uses;
}

std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < count; ++i) order.push_back(i);
  std::uint64_t state = seed * 6364136223846793005u + 1442695040888963407u;
  for (std::size_t i = count; i > 1; --i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::swap(order[i - 1], order[(state >> 33) % i]);
  }
  return order;
}

/// Loads when each shard comes as it is used, and the plan says what goes.
int planned_loads(const std::vector<std::vector<std::size_t>>& epochs, std::size_t capacity) {
  const std::size_t shards = epochs[0].size();
  const std::vector<std::uint64_t> bytes(shards, 10);
  Shards cached;
  int loads = 0;
  for (std::size_t epoch = 0; epoch + 1 < epochs.size(); ++epoch) {
    for (std::uint64_t position = 0; position < shards; ++position) {
      const std::size_t needed = epochs[epoch][position];
      if (cached.count(needed) > 0) continue;
      const auto next_uses = plan_next_uses(uses_of(epochs[epoch]), uses_of(epochs[epoch + 1]), position, shards);
      const std::vector<std::size_t> present(cached.begin(), cached.end());
      for (const std::size_t gone : plan_removals(present, next_uses, bytes, capacity * 10, 10)) cached.erase(gone);
      EXPECT_LT(cached.size(), capacity);
      cached.insert(needed);
      ++loads;
    }
  }
  return loads;
}

TEST(StreamPlan, LoadsNoMoreThanTheBestOfAllWaysToEvict) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const std::size_t capacity : {2u, 3u, 4u}) {
      const std::vector<std::vector<std::size_t>> epochs{shuffled(6, seed), shuffled(6, seed + 100),
                                                         shuffled(6, seed + 200), shuffled(6, seed + 300)};
      std::vector<std::size_t> uses;
      for (std::size_t epoch = 0; epoch < 3; ++epoch) {
        uses.insert(uses.end(), epochs[epoch].begin(), epochs[epoch].end());
      }
      std::map<std::pair<std::size_t, Shards>, int> known;
      EXPECT_EQ(planned_loads(epochs, capacity), fewest_loads(uses, 0, {}, capacity, known)) << seed << " " << capacity;
    }
  }
}

TEST(StreamPlan, FindsWhenAnEpochUsesEachShard) {
  const std::vector<std::uint64_t> rows{3, 0, 2};
  const SampleOrder packed = SampleOrder::packed(5);
  EXPECT_EQ(plan_shard_uses(packed.in_epoch(0), rows), (std::vector<ShardUse>{{0, 3}, {0, 0}, {3, 5}}));
}

TEST(StreamPlan, HoldsWhatIsNeededSoonestWithinTheLimit) {
  const std::vector<std::uint64_t> next_uses{50, 0, 20, 10};
  const std::vector<std::uint64_t> bytes{1, 4, 4, 3};
  EXPECT_EQ(plan_held_shards(next_uses, bytes, 8), (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(plan_held_shards(next_uses, bytes, 11), (std::vector<std::size_t>{1, 3, 2}));
}

}  // namespace
}  // namespace hpctrain::data
