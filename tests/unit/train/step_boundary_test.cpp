#include "train/step_boundary.hpp"

#include <gtest/gtest.h>

namespace hpctrain::train {
namespace {

constexpr RunLength kLength = {.steps_per_epoch = 10, .total_steps = 30};

Progress progress_at(std::uint64_t step, std::uint64_t epoch, std::uint64_t position) {
  return {.step = step, .cursor = {.epoch = epoch, .position = position}};
}

TEST(PlanBoundary, GoesOnInTheMiddleOfAnEpoch) {
  EXPECT_EQ(plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, 0), BoundaryDecision{});
}

TEST(PlanBoundary, EvaluatesAndSavesAfterEveryNthEpoch) {
  EXPECT_FALSE(plan_boundary(progress_at(10, 1, 0), kLength, true, 2, 0, 0).evaluate);
  const auto second = plan_boundary(progress_at(20, 2, 0), kLength, true, 2, 0, 0);
  EXPECT_TRUE(second.evaluate);
  EXPECT_TRUE(second.save);
  EXPECT_FALSE(second.stop.has_value());
}

TEST(PlanBoundary, SavesEveryNthStep) {
  EXPECT_FALSE(plan_boundary(progress_at(6, 0, 60), kLength, false, 1, 4, 0).save);
  EXPECT_TRUE(plan_boundary(progress_at(8, 0, 80), kLength, false, 1, 4, 0).save);
}

TEST(PlanBoundary, SavesBeforeAnAgreedStop) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, kStopWish);
  EXPECT_TRUE(decision.save);
  EXPECT_FALSE(decision.evaluate);
  EXPECT_EQ(decision.stop, StopReason::signal);
}

TEST(PlanBoundary, SavesWhenRankZerosClockSaysSo) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, kSaveWish);
  EXPECT_TRUE(decision.save);
  EXPECT_FALSE(decision.stop.has_value());
}

TEST(PlanBoundary, EndsWithEvaluationAndCheckpointEvenWhenNeitherIsDue) {
  const auto decision = plan_boundary(progress_at(30, 2, 5), kLength, false, 0, 0, 0);
  EXPECT_TRUE(decision.evaluate);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::finished);
}

TEST(PlanBoundary, PrefersFinishedToAStopAtTheLastStep) {
  EXPECT_EQ(plan_boundary(progress_at(30, 3, 0), kLength, true, 1, 0, kStopWish).stop, StopReason::finished);
}

TEST(PlanBoundary, SavesAndStopsWhereSomebodyPutAStopFile) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, kStopFileWish);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::stop_file);
}

TEST(PlanBoundary, SettlesBackgroundSavesWhenRankZeroHasNews) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, kSettleWish);
  EXPECT_EQ(decision, BoundaryDecision{.settle = true});
}

TEST(PlanBoundary, SavesBeforeTheWallTimeEnds) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, kWallTimeWish);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::wall_time);
}

TEST(PlanBoundary, NamesTheSignalWhenBothEndTheRun) {
  const auto both = kWallTimeWish | kStopWish;
  EXPECT_EQ(plan_boundary(progress_at(3, 0, 30), kLength, false, 1, 0, both).stop, StopReason::signal);
}

TEST(RunLength, TakesWhicheverComesFirst) {
  EXPECT_EQ(plan_run_length(10, 3, 0).total_steps, 30u);
  EXPECT_EQ(plan_run_length(10, 3, 12).total_steps, 12u);
  EXPECT_EQ(plan_run_length(10, 3, 99).total_steps, 30u);
}

}  // namespace
}  // namespace hpctrain::train
