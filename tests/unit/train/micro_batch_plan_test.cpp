#include "train/micro_batch_plan.hpp"

#include <gtest/gtest.h>

namespace hpctrain::train {
namespace {

TEST(MicroBatchPlan, FollowsTheLineThroughBothMeasurementsAndKeepsATenthFree) {
  // 100 bytes, and 10 for each sample: 900 usable bytes hold 80 of them.
  EXPECT_EQ(plan_largest_micro_batch({1, 110}, {2, 120}, 1000, 500), 80u);
  EXPECT_EQ(plan_largest_micro_batch({2, 120}, {4, 140}, 1000, 500), 80u);
}

TEST(MicroBatchPlan, GivesOneToAllThatAreAskedFor) {
  EXPECT_EQ(plan_largest_micro_batch({1, 110}, {2, 120}, 1000, 64), 64u);
  EXPECT_EQ(plan_largest_micro_batch({1, 110}, {2, 120}, 50, 64), 1u);
}

TEST(MicroBatchPlan, SamplesThatCostNothingAllFitWhereTheFirstDo) {
  EXPECT_EQ(plan_largest_micro_batch({1, 100}, {2, 100}, 1000, 64), 64u);
  EXPECT_EQ(plan_largest_micro_batch({1, 100}, {2, 90}, 50, 64), 1u);
}

}  // namespace
}  // namespace hpctrain::train
