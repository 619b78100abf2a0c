// Which checkpoints stay.
#include "checkpoint/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpctrain::checkpoint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RetentionCandidate at_step(std::uint64_t step, std::optional<double> metric = std::nullopt, bool is_finite = true) {
  return {"s" + std::to_string(step), {1, step}, metric, is_finite};
}

TEST(Retention, DeletesAllButTheNewest) {
  EXPECT_THAT(plan_retention({at_step(30), at_step(10), at_step(20), at_step(40)}, {.keep = 2}),
              ElementsAre("s10", "s20"));
  EXPECT_THAT(plan_retention({at_step(30), at_step(10)}, {.keep = 2}), IsEmpty());
  EXPECT_THAT(plan_retention({}, {.keep = 2}), IsEmpty());
}

TEST(Retention, KeepsTheBestHoweverOld) {
  EXPECT_THAT(plan_retention({at_step(10, 0.9), at_step(20, 0.5), at_step(30, 0.6), at_step(40, 0.7)}, {.keep = 2}),
              ElementsAre("s20"));
}

TEST(Retention, KeepsTheFirstOfEverySoManyStepsForGood) {
  EXPECT_THAT(plan_retention({at_step(5), at_step(10), at_step(15), at_step(21), at_step(25), at_step(30)},
                             {.keep = 1, .keep_every_steps = 10}),
              ElementsAre("s5", "s15", "s25"));
}

TEST(Retention, NeverDeletesTheLastCheckpoint) {
  EXPECT_THAT(plan_retention({at_step(10), at_step(20)}, {.keep = 0}), ElementsAre("s10"));
}

TEST(Retention, RanksANewerStartAboveALaterStep) {
  EXPECT_THAT(plan_retention({{"old", {1, 900}, {}, true}, {"new", {2, 100}, {}, true}}, {.keep = 1}),
              ElementsAre("old"));
}

TEST(Retention, KeepsTheNewestFiniteOneOfADivergedRun) {
  EXPECT_THAT(plan_retention({at_step(10), at_step(20), at_step(30, {}, false), at_step(40, {}, false)}, {.keep = 1}),
              ElementsAre("s10", "s30"));
}

TEST(Retention, TakesTheNewerOfTwoEquallyGood) {
  EXPECT_EQ(find_best({at_step(10, 0.5), at_step(30, 0.5), at_step(20, 0.5)}), 1U);
}

TEST(Retention, NeverCallsANonFiniteCheckpointBestWhileAFiniteOneExists) {
  EXPECT_EQ(find_best({at_step(10), at_step(20, 0.9, false)}), 0U);
  EXPECT_EQ(find_best({at_step(10, {}, false), at_step(20, {}, false)}), 1U);
  EXPECT_EQ(find_best({}), std::nullopt);
}

TEST(Retention, PrefersAMetricToNone) {
  EXPECT_EQ(find_best({at_step(10, -3.0), at_step(20)}), 0U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
