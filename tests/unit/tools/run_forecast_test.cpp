#include "tools/run_forecast.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/forecast_review.hpp"

namespace hpctrain::tools {
namespace {

const Cluster kCluster{4, {1e-4, 1e9}, {1e-3, 1e8}};

StepCost cost_of(double bytes) {
  return {.fixed_seconds = 0.01,
          .seconds_per_sample = 0.001,
          .update_seconds = 0.005,
          .backward_share = 0.5,
          .buckets = {{0.5, bytes}, {1.0, bytes}}};
}

TEST(RunForecast, OneRankAccumulatesItsMicroBatches) {
  const RunShape shape{.samples = 1000, .batch = 100, .micro_batch = 25, .steps_per_epoch = 10, .total_steps = 30};
  const auto time = plan_time_at_ranks(cost_of(1e6), shape, kCluster, 1);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->micro_steps, 4U);
  EXPECT_DOUBLE_EQ(time->step_seconds, 4 * 0.01 + 100 * 0.001 + 0.005);
  EXPECT_EQ(time->communication_seconds, 0);
  EXPECT_DOUBLE_EQ(time->epoch_seconds, 10 * time->step_seconds);
  EXPECT_DOUBLE_EQ(time->run_seconds, 30 * time->step_seconds);
}

TEST(RunForecast, ALossOverTheWholeBatchRunsForwardOnceMoreWhereThereAreSeveralMicroSteps) {
  RunShape shape{.samples = 1000, .batch = 100, .micro_batch = 25, .steps_per_epoch = 10, .total_steps = 30};
  StepCost cost = cost_of(1e6);
  cost.runs_forward_twice = true;
  const double once = 4 * 0.01 + 100 * 0.001;
  EXPECT_DOUBLE_EQ(plan_time_at_ranks(cost, shape, kCluster, 1)->step_seconds, once + 0.5 * once + 0.005);
  shape.micro_batch.reset();
  EXPECT_DOUBLE_EQ(plan_time_at_ranks(cost, shape, kCluster, 1)->step_seconds, 0.01 + 100 * 0.001 + 0.005);
}

TEST(RunForecast, MoreRanksShareSamplesAndPayForWhatBackwardDoesNotHide) {
  const RunShape shape{.samples = 1000, .batch = 100, .micro_batch = {}, .steps_per_epoch = 10, .total_steps = 30};
  const auto time = plan_time_at_ranks(cost_of(1e6), shape, kCluster, 8);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->micro_batch, 13U);
  const double sum = sum_seconds(kCluster, 8, 1e6), backward = 0.5 * (0.01 + 13 * 0.001);
  EXPECT_DOUBLE_EQ(time->communication_seconds, 2 * sum);
  EXPECT_DOUBLE_EQ(time->exposed_seconds, backward / 2 + 2 * sum - backward);
  EXPECT_DOUBLE_EQ(time->step_seconds, 0.01 + 0.013 + 0.005 + time->exposed_seconds);
  EXPECT_FALSE(plan_time_at_ranks(cost_of(1e6), shape, kCluster, 101));
}

TEST(RunForecast, TwoTimedMicroStepsGiveFixedPartAndPartPerSample) {
  StepCost cost;
  fit_step_cost(cost, 2, 0.5, 4, 0.7);
  EXPECT_DOUBLE_EQ(cost.seconds_per_sample, 0.1);
  EXPECT_NEAR(cost.fixed_seconds, 0.3, 1e-12);
  fit_step_cost(cost, 2, 0.8, 4, 0.7);  // noise
  EXPECT_DOUBLE_EQ(cost.micro_step_seconds(4), 0.7);
  EXPECT_GE(cost.seconds_per_sample, 0);
}

TEST(ForecastReview, ReadsPeaksAndTheMedianEpochButTheFirst) {
  RunRecord record;
  EXPECT_EQ(ranks_of(record), 1);
  record.events["run"].push_back({0, 0, {{"world", 4}}});
  for (const double seconds : {9.0, 2.0, 3.0, 4.0}) {
    record.events["epoch"].push_back(
        {0, 0, {{"phase_seconds", {{"forward", seconds / 2}, {"backward", seconds / 2}, {"evaluation", 7.0}}}}});
  }
  record.events["end"].push_back({0, 0, {{"memory", {{"peak_bytes", 500}, {"peak_phase", "backward"}}}}});
  const auto figures = read_run_figures(record, 10);
  EXPECT_EQ(ranks_of(record), 4);
  EXPECT_EQ(figures.peak_bytes, 500);
  EXPECT_DOUBLE_EQ(*figures.epoch_seconds, 3);
  const auto text = describe_review({.peak_bytes = 550, .epoch_seconds = 1.5}, figures);
  EXPECT_NE(text.find("+10.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("-50.0 %"), std::string::npos) << text;
}

}  // namespace
}  // namespace hpctrain::tools
