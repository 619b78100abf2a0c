// Arithmetic of phases and rates on moments given by hand.
#include "monitor/step_clock.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hpctrain::monitor {
namespace {

TEST(StepClock, PhasesAddUpToTheWallTime) {
  StepClock clock(100);
  EXPECT_EQ(clock.phase(), Phase::start);
  clock.switch_to(Phase::data_wait, 101);
  clock.switch_to(Phase::forward, 103);
  clock.switch_to(Phase::data_wait, 107);
  const PhaseSeconds seconds = clock.seconds(108);
  EXPECT_EQ(seconds[Phase::start], 1);
  EXPECT_EQ(seconds[Phase::data_wait], 2 + 1);
  EXPECT_EQ(seconds[Phase::forward], 4);
  EXPECT_EQ(seconds.total(), 8);
  EXPECT_EQ(seconds.share(Phase::data_wait), 3.0 / 8);
}

TEST(StepClock, LookingDoesNotChangeTheBooks) {
  StepClock clock(0);
  clock.switch_to(Phase::forward, 1);
  static_cast<void>(clock.seconds(5));
  EXPECT_EQ(clock.seconds(2)[Phase::forward], 1);
  EXPECT_EQ(clock.phase(), Phase::forward);
}

TEST(StepClock, DifferencesGiveOneStep) {
  StepClock clock(0);
  clock.switch_to(Phase::forward, 1);
  const PhaseSeconds before = clock.seconds(3);
  clock.switch_to(Phase::backward, 4);
  const PhaseSeconds step = clock.seconds(10).since(before);
  EXPECT_EQ(step[Phase::start], 0);
  EXPECT_EQ(step[Phase::forward], 1);
  EXPECT_EQ(step[Phase::backward], 6);
}

TEST(StepClock, AStepIsItsPartsAndNeitherItsEvaluationNorItsCheckpoint) {
  StepClock clock(0);
  clock.switch_to(Phase::other, 2);
  const PhaseSeconds before = clock.seconds(2);
  double now = 2;
  for (const Phase phase : {Phase::data_wait, Phase::make_batch, Phase::forward, Phase::backward, Phase::communication,
                            Phase::backward, Phase::communication, Phase::optimizer, Phase::other}) {
    clock.switch_to(phase, now += 0.25);
  }
  const PhaseSeconds step = clock.seconds(now += 0.25).since(before);
  EXPECT_EQ(step.total(), now - 2);
  EXPECT_EQ(step.training(), step.total());
  EXPECT_EQ(step[Phase::backward], 0.5);
  EXPECT_EQ(step[Phase::communication], 0.5);
  clock.switch_to(Phase::evaluation, now);
  clock.switch_to(Phase::checkpoint, now + 8);
  const PhaseSeconds all = clock.seconds(now + 20);
  EXPECT_EQ(all.total(), now + 20);
  EXPECT_EQ(all.training(), now - 2);
}

TEST(StepClock, NothingMeasuredHasNoShare) {
  EXPECT_EQ(PhaseSeconds().share(Phase::data_wait), 0);
}

TEST(PhaseTimer, ReturnsToTheOuterPhase) {
  StepClock clock;
  {
    const PhaseTimer outer(clock, Phase::backward);
    {
      const PhaseTimer inner(clock, Phase::communication);
      EXPECT_EQ(clock.phase(), Phase::communication);
    }
    EXPECT_EQ(clock.phase(), Phase::backward);
  }
  EXPECT_EQ(clock.phase(), Phase::start);
  EXPECT_GT(clock.seconds()[Phase::backward], 0);
}

TEST(Phase, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPhaseCount; ++i) names.insert(phase_name(static_cast<Phase>(i)));
  EXPECT_EQ(names.size(), kPhaseCount);
}

TEST(ThroughputWindow, CountsFromTheStartBeforeTheWindowIsFull) {
  ThroughputWindow window(10, 0);
  EXPECT_EQ(window.samples_per_second(), 0);
  window.record(100, 2);
  EXPECT_EQ(window.samples_per_second(), 50);
  window.record(100, 3);
  EXPECT_EQ(window.samples_per_second(), 200.0 / 3);
}

TEST(ThroughputWindow, ForgetsWhatIsOlderThanTheWindow) {
  ThroughputWindow window(10, 0);
  window.record(1000000, 1);
  for (int second = 2; second <= 30; ++second) window.record(7, second);
  EXPECT_EQ(window.samples_per_second(), 7);
}

TEST(ThroughputWindow, AStepLongerThanTheWindowStillCountsWhole) {
  ThroughputWindow window(10, 0);
  window.record(100, 50);
  EXPECT_EQ(window.samples_per_second(), 2);
  window.record(100, 150);
  EXPECT_EQ(window.samples_per_second(), 1);
}

}  // namespace
}  // namespace hpctrain::monitor
