#include "train/time_forecast.hpp"

#include <gtest/gtest.h>

namespace hpctrain::train {
namespace {

TEST(PlanTimeForecast, WorkThatFitsNeedsNoFurtherStart) {
  EXPECT_EQ(plan_time_forecast(100, 100, 3600).more_starts, 0U);
}

TEST(PlanTimeForecast, WhatIsLeftOverIsDividedIntoWholeStarts) {
  EXPECT_EQ(plan_time_forecast(101, 100, 3600).more_starts, 1U);
  EXPECT_EQ(plan_time_forecast(100 + 3600, 100, 3600).more_starts, 1U);
  EXPECT_EQ(plan_time_forecast(101 + 3600, 100, 3600).more_starts, 2U);
}

TEST(PlanTimeForecast, AJobThatIsOverHasNoBudgetLeft) {
  const auto forecast = plan_time_forecast(100, -50, 3600);
  EXPECT_EQ(forecast.budget_seconds, 0);
  EXPECT_EQ(forecast.more_starts, 1U);
}

TEST(DescribeTimeForecast, SaysWorkBudgetAndStarts) {
  EXPECT_EQ(describe_time_forecast({1200, 900, 1}, 1000),
            "1,000 steps left need 20 min 00 s; this job must stop in 15 min 00 s: about 1 more start");
  EXPECT_EQ(describe_time_forecast({60, 900, 0}, 10),
            "10 steps left need 1 min 00 s; this job must stop in 15 min 00 s: the run ends in this job");
}

TEST(ForecastOnce, SpeaksOnceAfterEnoughStepsAndLeavesTheFirstStepOut) {
  // Steps of one second after a first one of fifty; 120 of 220 steps are there when 1000 s of the job are over.
  ForecastOnce forecast({.job_end_unix = 1160, .stop_margin_seconds = 60}, 220, 950);
  EXPECT_EQ(forecast.note_step(101, 1000), std::nullopt);
  for (std::uint64_t step = 102; step <= 120; ++step) {
    EXPECT_EQ(forecast.note_step(step, 899.0 + static_cast<double>(step)), std::nullopt) << step;
  }
  const auto line = forecast.note_step(121, 1020);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(*line, "99 steps left need 1 min 39 s; this job must stop in 1 min 20 s: about 1 more start");
  EXPECT_EQ(forecast.note_step(200, 1100), std::nullopt);
}

TEST(ForecastOnce, FastStepsAreMeasuredForSomeSeconds) {
  ForecastOnce forecast({.job_end_unix = 5000, .stop_margin_seconds = 60}, 100'000, 0);
  EXPECT_EQ(forecast.note_step(1, 1), std::nullopt);
  EXPECT_EQ(forecast.note_step(1000, 2), std::nullopt);
  EXPECT_TRUE(forecast.note_step(4000, 5).has_value());
}

TEST(ForecastOnce, SaysNothingWithoutAnEndOrAtTheLastStep) {
  ForecastOnce endless({}, 100, 0);
  EXPECT_EQ(endless.note_step(1, 1), std::nullopt);
  EXPECT_EQ(endless.note_step(50, 100), std::nullopt);
  ForecastOnce done({.job_end_unix = 5000, .stop_margin_seconds = 60}, 100, 0);
  EXPECT_EQ(done.note_step(1, 1), std::nullopt);
  EXPECT_EQ(done.note_step(100, 100), std::nullopt);
}

}  // namespace
}  // namespace hpctrain::train
