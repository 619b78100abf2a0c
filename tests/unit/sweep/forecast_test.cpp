#include "sweep/forecast.hpp"

#include <gtest/gtest.h>

namespace hpctrain::sweep {
namespace {

Parameters point_of(const std::string& model, int batch, int epochs) {
  return {{"model.name", model}, {"train.batch", std::to_string(batch)}, {"train.epochs", std::to_string(epochs)}};
}

TEST(DurationEstimate, WithoutKnownDurationsMoreEpochsTakeLonger) {
  const DurationEstimate estimate({});
  EXPECT_FALSE(estimate.is_measured());
  EXPECT_EQ(estimate.seconds(point_of("unet", 8, 6)), 3 * estimate.seconds(point_of("unet", 8, 2)));
}

TEST(DurationEstimate, ACombinationThatWasNotTriedFollowsFromItsParts) {
  // resnet18 takes 10 s an epoch, unet four times as long; batch 8 twice as long as batch 16.
  const DurationEstimate estimate(
      {{point_of("resnet18", 16, 1), 10}, {point_of("resnet18", 8, 1), 20}, {point_of("unet", 16, 2), 80}});
  EXPECT_TRUE(estimate.is_measured());
  EXPECT_NEAR(estimate.seconds(point_of("unet", 8, 3)), 240, 48);
  EXPECT_NEAR(estimate.seconds(point_of("resnet18", 16, 5)), 50, 10);
}

TEST(DurationEstimate, AnAxisWhoseValuesAreAllDifferentDoesNotHideOneThatMatters) {
  std::vector<Duration> known;
  for (int i = 0; i < 12; ++i) {
    known.push_back({{{"optim.lr", "0." + std::to_string(100 + i)}, {"train.batch", i % 2 == 0 ? "8" : "16"}},
                     i % 2 == 0 ? 20.0 : 10.0});
  }
  const DurationEstimate estimate(known);
  EXPECT_NEAR(estimate.seconds({{"optim.lr", "0.5"}, {"train.batch", "8"}}), 20, 2);
  EXPECT_NEAR(estimate.seconds({{"optim.lr", "0.5"}, {"train.batch", "16"}}), 10, 1);
}

TEST(DurationEstimate, AValueThatNobodyTriedCountsAsAverage) {
  const DurationEstimate estimate({{{{"optim.name", "sgd"}}, 10}, {{{"optim.name", "adam"}}, 10}});
  EXPECT_NEAR(estimate.seconds({{"optim.name", "lars"}}), 10, 1e-9);
}

TEST(Dealing, LongTrialsComeFirstThenSmallBatchesThenTheOrderOfTheGrid) {
  const std::vector<Parameters> points = {point_of("unet", 16, 2), point_of("unet", 8, 2), point_of("resnet18", 8, 2),
                                          point_of("unet", 16, 6), point_of("unet", 8, 6)};
  EXPECT_EQ(plan_dealing(points, DurationEstimate({})), (std::vector<std::size_t>{4, 3, 1, 2, 0}));
}

TEST(Dealing, KnownDurationsDecideWhereThereAreAny) {
  const std::vector<Parameters> points = {{{"model.name", "resnet18"}}, {{"model.name", "unet"}}};
  const DurationEstimate estimate({{points[0], 10}, {points[1], 40}});
  EXPECT_EQ(plan_dealing(points, estimate), (std::vector<std::size_t>{1, 0}));
}

TEST(Makespan, EachTrialGoesToTheGroupThatIsFreeFirst) {
  EXPECT_EQ(plan_makespan({4, 3, 2, 1}, 2), 5);
  EXPECT_EQ(plan_makespan({1, 2, 3, 4}, 2), 6);
  EXPECT_EQ(plan_makespan({}, 2), 0);
}

}  // namespace
}  // namespace hpctrain::sweep
