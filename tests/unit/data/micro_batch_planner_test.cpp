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
