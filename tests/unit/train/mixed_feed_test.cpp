// Partners of mixed samples: the same for each sample, however the work is cut, and in an order of their own.
#include "train/mixed_feed.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint64_t kBatch = 12, kEpochs = 2, kSamples = 55;

/// Partner of each sample, by epoch and sample id.
using Partners = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;

class MixedFeedTest : public testing::Test {
 protected:
  MixedFeedTest() : packed_({{20, 21, 14}, {5}, 6}) {}

  void watch(int rank, int world, std::uint64_t micro_batch, data::Cursor from, Partners& seen) const {
    data::LoaderPlan plan;
    plan.seed = 5;
    plan.batch = kBatch;
    plan.micro_batch = micro_batch;
    plan.epochs = kEpochs;
    data::LoaderPlan other = plan;
    other.seed = 6;
    const Placement place{.rank = rank, .world = world, .local_rank = rank, .local_world = world, .host = {}};
    data::Loader first(packed_.index, plan, {}, place), second(packed_.index, other, {}, place);
    MixedFeed feed(std::make_unique<LoaderFeed>(first, torch::kCPU), std::make_unique<LoaderFeed>(second, torch::kCPU));
    feed.seek(from);
    while (const auto records = feed.next()) {
      ASSERT_NE(records->partners, nullptr);
      const auto& own = records->host.sample_ids;
      const auto& partners = records->partners->host.sample_ids;
      ASSERT_EQ(own.size(), partners.size());
      for (std::size_t i = 0; i < own.size(); ++i) {
        EXPECT_TRUE(seen.emplace(std::pair{records->host.batch.epoch, own[i]}, partners[i]).second);
      }
      feed.look_ahead();
    }
    EXPECT_EQ(feed.counters().samples, first.counters().samples);
    EXPECT_EQ(feed.counters().bytes, first.counters().bytes + second.counters().bytes);
  }

  Partners partners_on(int world, std::uint64_t micro_batch, data::Cursor from = {}) const {
    Partners seen;
    for (int rank = 0; rank < world; ++rank) watch(rank, world, micro_batch, from, seen);
    return seen;
  }

  data::test::PackedFixture packed_;
};

TEST_F(MixedFeedTest, GivesEverySampleTheSamePartnerOnAnyNumberOfRanks) {
  const auto expected = partners_on(1, kBatch);
  EXPECT_EQ(expected.size(), kEpochs * kSamples);
  EXPECT_EQ(partners_on(2, kBatch), expected);
  EXPECT_EQ(partners_on(3, 2), expected);
  EXPECT_EQ(partners_on(5, 1), expected);
}

TEST_F(MixedFeedTest, EverySampleIsAPartnerOnceInAnEpochAndSeldomItsOwn) {
  std::map<std::uint64_t, std::set<std::uint64_t>> partners;
  std::size_t alone = 0;
  for (const auto& [sample, partner] : partners_on(1, kBatch)) {
    EXPECT_TRUE(partners[sample.first].insert(partner).second);
    alone += sample.second == partner ? 1 : 0;
  }
  for (const auto& [epoch, of_epoch] : partners) EXPECT_EQ(of_epoch.size(), kSamples);
  EXPECT_LT(alone, kSamples / 4);
}

TEST_F(MixedFeedTest, ContinuesWithTheSamePartners) {
  const auto whole = partners_on(1, kBatch);
  const auto rest = partners_on(2, 3, {.epoch = 1, .position = 24});
  EXPECT_EQ(rest.size(), kSamples - 24);
  for (const auto& [sample, partner] : rest) EXPECT_EQ(whole.at(sample), partner);
}

}  // namespace
}  // namespace hpctrain::train
