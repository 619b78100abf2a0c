#include "train/schedule.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

#include <cmath>

namespace hpctrain::train {
namespace {

TEST(Schedule, WarmsUpLinearlyToTheBaseRate) {
  const Schedule schedule({.kind = ScheduleKind::constant, .warmup_epochs = 2}, 0.8,
                          {.steps_per_epoch = 2, .total_steps = 20});
  EXPECT_DOUBLE_EQ(schedule.lr_at(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule.lr_at(1), 0.4);
  EXPECT_DOUBLE_EQ(schedule.lr_at(3), 0.8);
  EXPECT_DOUBLE_EQ(schedule.lr_at(19), 0.8);
}

TEST(Schedule, FollowsHalfACosineAfterTheWarmUp) {
  const Schedule schedule({.kind = ScheduleKind::cosine, .warmup_epochs = 1}, 1.0,
                          {.steps_per_epoch = 10, .total_steps = 110});
  for (std::uint64_t step = 10; step < 110; ++step) {
    const double expected = 0.5 * (1 + std::cos(M_PI * static_cast<double>(step - 10) / 100));
    EXPECT_NEAR(schedule.lr_at(step), expected, 1e-12);
  }
  EXPECT_NEAR(schedule.lr_at(110), 0.0, 1e-12);
}

TEST(Schedule, WithoutWarmUpStartsAtTheBaseRate) {
  const Schedule schedule({.kind = ScheduleKind::cosine, .warmup_epochs = 0}, 0.3,
                          {.steps_per_epoch = 5, .total_steps = 5});
  EXPECT_DOUBLE_EQ(schedule.lr_at(0), 0.3);
}

TEST(Schedule, SurvivesARunShorterThanItsWarmUp) {
  const Schedule schedule({.kind = ScheduleKind::cosine, .warmup_epochs = 3}, 1.0,
                          {.steps_per_epoch = 4, .total_steps = 6});
  for (std::uint64_t step = 0; step < 6; ++step) {
    EXPECT_GT(schedule.lr_at(step), 0.0);
    EXPECT_LE(schedule.lr_at(step), 1.0);
  }
}

TEST(Schedule, RefusesMilestonesThatDoNotRise) {
  test::expect_error(Fault::usage, {"optim.milestones", "in order"}, [] {
    Schedule({.kind = ScheduleKind::step, .milestones = {60, 30}}, 0.1, {.steps_per_epoch = 10, .total_steps = 900});
  });
}

}  // namespace
}  // namespace hpctrain::train
