// The planner's walk over micro-steps and epochs.
#include "data/micro_batch_planner.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hpctrain::data {
namespace {

std::vector<MicroBatchPlan> walk(MicroBatchPlanner planner) {
  std::vector<MicroBatchPlan> plans;
  while (const auto plan = planner.next()) plans.push_back(*plan);
  return plans;
}

TEST(MicroBatchPlanner, CrossesEpochBordersAndStopsBeforeTheLastOne) {
  const auto plans = walk(MicroBatchPlanner({10, 4, 4, Tail::short_batch, 3, 0, 1}));
  ASSERT_EQ(plans.size(), 9u);
  EXPECT_EQ(plans[2].batch.count, 2u);
  EXPECT_TRUE(plans[2].batch.ends_epoch);
  EXPECT_EQ(plans[3].batch.epoch, 1u);
  EXPECT_EQ(plans[8].batch.epoch, 2u);
}

TEST(MicroBatchPlanner, GivesEveryRankTheSameNumberOfMicroSteps) {
  for (int world = 1; world <= 8; ++world) {
    const std::size_t steps = walk(MicroBatchPlanner({29, 9, 2, Tail::short_batch, 2, 0, world})).size();
    for (int rank = 0; rank < world; ++rank) {
      EXPECT_EQ(walk(MicroBatchPlanner({29, 9, 2, Tail::short_batch, 2, rank, world})).size(), steps);
    }
  }
}

TEST(MicroBatchPlanner, PlansEmptyMicroBatchesForRanksWithoutSamples) {
  // The epoch's last batch has one sample, and eight ranks.
  const auto plans = walk(MicroBatchPlanner({9, 8, 4, Tail::short_batch, 1, 7, 8}));
  ASSERT_EQ(plans.size(), 2u);
  EXPECT_EQ(plans[0].share.count, 1u);
  EXPECT_EQ(plans[1].share.count, 0u);
}

/// All micro-batches of an epoch of 29 samples in batches of 12, cut into five micro-shards, in the order of samples.
std::vector<Share> micro_shards_on(int world) {
  std::vector<std::vector<Share>> batches(3);
  for (int rank = 0; rank < world; ++rank) {
    const auto plans = walk(MicroBatchPlanner({29, 12, 3, Tail::short_batch, 1, rank, world, 5}));
    std::size_t batch = 0;
    for (const auto& plan : plans) {
      if (plan.share.count > 0) batches[batch].push_back(plan.share);
      if (plan.micro_step + 1 == plan.micro_steps) ++batch;
    }
  }
  std::vector<Share> all;
  for (const auto& shares : batches) all.insert(all.end(), shares.begin(), shares.end());
  return all;
}

TEST(MicroBatchPlanner, CutsABatchIntoTheSameMicroShardsOnAnyNumberOfRanks) {
  const auto alone = micro_shards_on(1);
  EXPECT_EQ(alone, (std::vector<Share>{{0, 3},
                                       {3, 2},
                                       {5, 3},
                                       {8, 2},
                                       {10, 2},
                                       {0, 3},
                                       {3, 2},
                                       {5, 3},
                                       {8, 2},
                                       {10, 2},
                                       {0, 1},
                                       {1, 1},
                                       {2, 1},
                                       {3, 1},
                                       {4, 1}}));
  for (int world = 2; world <= 5; ++world) EXPECT_EQ(micro_shards_on(world), alone) << world;
}

TEST(MicroBatchPlanner, LeavesMicroShardsEmptyWhereABatchHasFewerSamples) {
  // Three samples in eight micro-shards: some have none, and each sample is in one.
  std::uint64_t samples = 0;
  const auto plans = walk(MicroBatchPlanner({3, 3, 1, Tail::short_batch, 1, 0, 1, 8}));
  ASSERT_EQ(plans.size(), 8U);
  for (const auto& plan : plans) {
    EXPECT_LE(plan.share.count, 1U);
    samples += plan.share.count;
  }
  EXPECT_EQ(samples, 3U);
}

TEST(MicroBatchPlanner, SeeksToTheFirstMicroStepOfABatch) {
  MicroBatchPlanner planner({10, 4, 1, Tail::short_batch, 2, 0, 1});
  planner.next();
  planner.next();
  planner.seek({1, 4});
  const auto plan = planner.next();
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->batch.epoch, 1u);
  EXPECT_EQ(plan->batch.first_position, 4u);
  EXPECT_EQ(plan->micro_step, 0u);
}

}  // namespace
}  // namespace hpctrain::data
