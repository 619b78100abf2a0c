// Which copies a node makes first, which it lets go, and that all ranks of it follow.
#include "data/shard_stager.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "data/cache_folder.hpp"
#include "data/node_cache.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using hpctrain::test::TemporaryFolder;
using test::PackedFixture;

constexpr double kSoon = 20;
const CachePlan kReplicate{CacheMode::replicate, 1ull << 30, "", false};

/// Shards of the training split by turns: while one is in use the others wait.
CacheContent one_after_another(std::vector<ShardUse> uses) {
  return {.splits = {"train"}, .uses = [uses = std::move(uses)](std::uint64_t) { return uses; }};
}

TEST(ShardStager, StreamsTheShardsThatComeNext) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  const std::uint64_t limit = packed.index.shards[0].file_bytes * 2 + 4'000;
  NodeCache cache(packed.index, {CacheMode::stream, limit, "", false}, scratch.path(),
                  one_after_another({{0, 40}, {40, 81}, {81, 103}}), {});
  const auto tiers = [&] {
    return std::vector<Tier>{cache.locate(0).tier, cache.locate(1).tier, cache.locate(2).tier};
  };
  const auto becomes = [&](const std::vector<Tier>& expected) {
    for (int i = 0; i < 500 && tiers() != expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return tiers() == expected;
  };
  cache.note_position(0, 0);
  EXPECT_TRUE(becomes({Tier::node_cache, Tier::node_cache, Tier::source}));
  cache.note_position(0, 45);
  EXPECT_TRUE(becomes({Tier::source, Tier::node_cache, Tier::node_cache}));
  cache.note_position(0, 90);
  EXPECT_TRUE(becomes({Tier::node_cache, Tier::source, Tier::node_cache}));
  EXPECT_EQ(cache.counters().copies_removed, 2u);
}

TEST(ShardStager, ARunThatGoesOnInTheMiddleFindsTheCopiesThatItLeft) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  const CachePlan plan{CacheMode::stream, packed.index.shards[0].file_bytes * 2 + 4'000, "", false};
  const auto content = one_after_another({{0, 40}, {40, 81}, {81, 103}});
  const auto is_settled = [](NodeCache& cache) {
    return cache.locate(0).tier == Tier::source && cache.locate(1).tier == Tier::node_cache &&
           cache.locate(2).tier == Tier::node_cache;
  };
  const auto settles = [&](NodeCache& cache) {
    for (int i = 0; i < 500 && !is_settled(cache); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return is_settled(cache);
  };
  {
    NodeCache before(packed.index, plan, scratch.path(), content, {});
    before.note_position(0, 45);
    ASSERT_TRUE(settles(before));
  }
  NodeCache after(packed.index, plan, scratch.path(), content, {});
  // As long as a checkpoint takes to be read.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  after.note_position(0, 45);
  ASSERT_TRUE(settles(after));
  EXPECT_EQ(after.counters().copies_removed, 0u);
  EXPECT_EQ(after.counters().copies_made, 0u);
}

TEST(ShardStager, ReadersOfOtherRanksLetGoWhatTheLeaderRemoves) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  const std::uint64_t limit = packed.index.shards[0].file_bytes * 2 + 4'000;
  const CachePlan plan{CacheMode::stream, limit, "", false};
  const auto content = one_after_another({{0, 40}, {40, 81}, {81, 103}});
  std::vector<std::unique_ptr<NodeCache>> ranks;
  for (int rank = 0; rank < 3; ++rank) {
    const Placement placement{rank, 3, 0, 1, rank, 3, "here"};
    ranks.push_back(std::make_unique<NodeCache>(packed.index, plan, scratch.path(), content, placement));
  }
  const CacheFolder folder(scratch.path(), packed.index.uuid_text(), packed.folder);
  for (const std::uint64_t position : {0u, 45u, 90u}) {
    for (const auto& rank : ranks) rank->note_position(0, position);
    const std::size_t gone = position == 0 ? 2 : position == 45 ? 0 : 1;
    const auto is_settled = [&] {
      for (const auto& rank : ranks) {
        for (std::size_t shard = 0; shard < 3; ++shard) {
          const Tier expected = shard == gone ? Tier::source : Tier::node_cache;
          if (rank->locate(shard).tier != expected) return false;
        }
      }
      return true;
    };
    for (int i = 0; i < 1000 && !is_settled(); ++i) {
      EXPECT_LE(folder.used_bytes(), limit);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(is_settled()) << "position " << position;
  }
}

TEST(ShardStager, CopiesFirstWhatIsNeededFirst) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  std::vector<std::string> order;
  CacheContent content = one_after_another({{81, 103}, {0, 40}, {40, 81}});
  content.splits.push_back("test");
  NodeCache cache(packed.index, kReplicate, scratch.path(), content, {},
                  [&](const RawFile& file, std::uint64_t offset, std::span<std::byte> destination) {
                    file.read_at(offset, destination);
                    if (offset == 0) order.push_back(file.path().filename());
                  });
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  EXPECT_EQ(order,
            (std::vector<std::string>{"shard-000001.h5", "shard-000002.h5", "shard-000000.h5", "shard-000003.h5"}));
}

TEST(ShardStager, ThinksAnewWhenTrainingMovesOnWhileACopyIsMade) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  std::vector<std::string> order;
  std::mutex mutex;
  std::condition_variable changed;
  bool has_moved = false;
  NodeCache cache(packed.index, kReplicate, scratch.path(), one_after_another({{0, 40}, {40, 81}, {81, 103}}), {},
                  [&](const RawFile& file, std::uint64_t offset, std::span<std::byte> destination) {
                    std::unique_lock lock(mutex);
                    changed.wait(lock, [&] { return has_moved; });
                    file.read_at(offset, destination);
                    if (offset == 0) order.push_back(file.path().filename());
                  });
  cache.note_position(0, 85);
  {
    const std::lock_guard lock(mutex);
    has_moved = true;
  }
  changed.notify_all();
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  // The first was begun at one of the two positions; what follows is ordered by the later one.
  ASSERT_EQ(order.size(), 3u);
  EXPECT_LT(std::find(order.begin(), order.end(), "shard-000002.h5"),
            std::find(order.begin(), order.end(), "shard-000001.h5"));
}

TEST(ShardStager, MakesNoCopiesForWhoeverReadsOnce) {
  const PackedFixture packed;
  const TemporaryFolder scratch;
  CacheContent content{.splits = {"test"}, .uses = {}};
  { EXPECT_TRUE(NodeCache(packed.index, kReplicate, scratch.path(), content, {}).wait_until_staged(kSoon)); }
  content.splits = {"train", "test"};
  content.makes_copies = false;
  NodeCache cache(packed.index, kReplicate, scratch.path(), content, {});
  EXPECT_EQ(cache.locate(3).tier, Tier::node_cache);
  EXPECT_EQ(cache.locate(0).tier, Tier::source);
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  EXPECT_EQ(cache.counters().source_bytes, 0u);
}

TEST(ShardStager, GivesEachRankItsOwnPartFirst) {
  EXPECT_EQ(plan_staging_order({5, 6, 7, 8, 9}, 1, 2), (std::vector<std::size_t>{6, 8, 5, 7, 9}));
}

}  // namespace
}  // namespace hpctrain::data
