#include "train/wall_time.hpp"

#include <gtest/gtest.h>

namespace hpctrain::train {
namespace {

constexpr LongestTimes kLongest = {.step_seconds = 2, .evaluation_seconds = 30, .save_seconds = 10};

TEST(WallTime, NeverStopsAJobWithoutAnEnd) {
  EXPECT_FALSE(must_stop_for_wall_time({}, kLongest, 1e12));
}

TEST(WallTime, ReservesThreeStepsAnEvaluationThreeSavesAndTheMargin) {
  EXPECT_EQ(plan_stop_reserve({.job_end_unix = {}, .stop_margin_seconds = 5}, kLongest), 3 * 2 + 30 + 3 * 10 + 5);
}

TEST(WallTime, StopsExactlyWhenTheReserveIsReached) {
  const WallTimeSettings settings = {.job_end_unix = 1000, .stop_margin_seconds = 5};
  EXPECT_FALSE(must_stop_for_wall_time(settings, kLongest, 928.5));
  EXPECT_TRUE(must_stop_for_wall_time(settings, kLongest, 929));
}

TEST(WallTime, StopsAtOnceWhenTheEndHasPassed) {
  EXPECT_TRUE(must_stop_for_wall_time({.job_end_unix = 1000, .stop_margin_seconds = 0}, {}, 2000));
}

TEST(WallTime, RemembersTheLongestOfEachPart) {
  LongestTimes longest;
  for (const double seconds : {1.0, 3.0, 2.0}) {
    longest.note_step(seconds);
    longest.note_evaluation(10 * seconds);
    longest.note_save(100 * seconds);
  }
  EXPECT_EQ(longest.step_seconds, 3);
  EXPECT_EQ(longest.evaluation_seconds, 30);
  EXPECT_EQ(longest.save_seconds, 300);
}

}  // namespace
}  // namespace hpctrain::train
