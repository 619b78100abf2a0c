#include "train/step_boundary.hpp"

#include <gtest/gtest.h>

#include "comm/thread_communicator.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

constexpr RunLength kLength = {.steps_per_epoch = 10, .total_steps = 30};

Progress progress_at(std::uint64_t step, std::uint64_t epoch, std::uint64_t position) {
  return {.step = step, .cursor = {.epoch = epoch, .position = position}};
}

/// Sums that nobody answers, as between ranks that disagree.
class SilentChannel final : public comm::GradientChannel {
 public:
  std::unique_ptr<comm::PendingCollective> start_all_reduce(comm::Span, comm::ReduceOp, void*) override {
    return nullptr;
  }
  std::unique_ptr<comm::PendingCollective> start_all_gather(comm::Span, void*) override { return nullptr; }
  std::string_view name() const noexcept override { return "silent"; }
};

void ask_for_sums(comm::TracedChannel& channel, const std::vector<std::size_t>& counts) {
  for (const std::size_t count : counts) {
    channel.start_all_reduce({nullptr, count, comm::ElementType::f32}, comm::ReduceOp::sum, nullptr);
  }
}

TEST(PlanBoundary, GoesOnInTheMiddleOfAnEpoch) {
  EXPECT_EQ(plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, 0), BoundaryDecision{});
}

TEST(PlanBoundary, EvaluatesAndSavesAfterEveryNthEpoch) {
  EXPECT_FALSE(plan_boundary(progress_at(10, 1, 0), kLength, true, {2, 0}, 0).evaluate);
  const auto second = plan_boundary(progress_at(20, 2, 0), kLength, true, {2, 0}, 0);
  EXPECT_TRUE(second.evaluate);
  EXPECT_TRUE(second.save);
  EXPECT_FALSE(second.stop.has_value());
}

TEST(PlanBoundary, SavesEveryNthStep) {
  EXPECT_FALSE(plan_boundary(progress_at(6, 0, 60), kLength, false, {1, 4}, 0).save);
  EXPECT_TRUE(plan_boundary(progress_at(8, 0, 80), kLength, false, {1, 4}, 0).save);
}

TEST(PlanBoundary, ChecksEveryNthStep) {
  EXPECT_EQ(plan_boundary(progress_at(5, 0, 50), kLength, false, {1, 0, 3}, 0), BoundaryDecision{});
  EXPECT_EQ(plan_boundary(progress_at(6, 0, 60), kLength, false, {1, 0, 3}, 0),
            BoundaryDecision({.check = true, .stop = {}}));
}

TEST(PlanBoundary, ChecksWhateverItSaves) {
  EXPECT_TRUE(plan_boundary(progress_at(8, 0, 80), kLength, false, {0, 4}, 0).check);
  EXPECT_TRUE(plan_boundary(progress_at(10, 1, 0), kLength, true, {1, 0}, 0).check);
  EXPECT_TRUE(plan_boundary(progress_at(30, 3, 0), kLength, true, {0, 0}, 0).check);
  for (const auto wish : {kStopWish, kSaveWish, kWallTimeWish, kStopFileWish}) {
    EXPECT_TRUE(plan_boundary(progress_at(3, 0, 30), kLength, false, {0, 0}, wish).check);
  }
}

TEST(PlanBoundary, SavesBeforeAnAgreedStop) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, kStopWish);
  EXPECT_TRUE(decision.save);
  EXPECT_FALSE(decision.evaluate);
  EXPECT_EQ(decision.stop, StopReason::signal);
}

TEST(PlanBoundary, SavesWhenRankZerosClockSaysSo) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, kSaveWish);
  EXPECT_TRUE(decision.save);
  EXPECT_FALSE(decision.stop.has_value());
}

TEST(PlanBoundary, EndsWithEvaluationAndCheckpointEvenWhenNeitherIsDue) {
  const auto decision = plan_boundary(progress_at(30, 2, 5), kLength, false, {0, 0}, 0);
  EXPECT_TRUE(decision.evaluate);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::finished);
}

TEST(PlanBoundary, PrefersFinishedToAStopAtTheLastStep) {
  EXPECT_EQ(plan_boundary(progress_at(30, 3, 0), kLength, true, {1, 0}, kStopWish).stop, StopReason::finished);
}

TEST(PlanBoundary, SavesAndStopsWhereSomebodyPutAStopFile) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, kStopFileWish);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::stop_file);
}

TEST(PlanBoundary, SettlesBackgroundSavesWhenRankZeroHasNews) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, kSettleWish);
  EXPECT_EQ(decision, BoundaryDecision({.settle = true, .stop = {}}));
}

TEST(PlanBoundary, SavesBeforeTheWallTimeEnds) {
  const auto decision = plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, kWallTimeWish);
  EXPECT_TRUE(decision.save);
  EXPECT_EQ(decision.stop, StopReason::wall_time);
}

TEST(PlanBoundary, NamesTheSignalWhenBothEndTheRun) {
  const auto both = kWallTimeWish | kStopWish;
  EXPECT_EQ(plan_boundary(progress_at(3, 0, 30), kLength, false, {1, 0}, both).stop, StopReason::signal);
}

/// Every rank passes two boundaries after one step; then all know whether they had added the same gradients.
template <typename Step>
void pass_boundaries(comm::Communicator& group, const Step& step) {
  comm::TracedChannel channel(std::make_unique<SilentChannel>());
  StepBoundary boundary(group, channel, kLength, {}, {}, {}, StopFile("no-such-folder"));
  step(channel);
  boundary.decide(progress_at(1, 0, 10), false, 0);
  boundary.decide(progress_at(2, 0, 20), false, 0);
  boundary.finish();
}

TEST(StepBoundary, PassesWhereAllRanksAddTheSameGradientsInTheSameOrder) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    EXPECT_NO_THROW(pass_boundaries(group, [](comm::TracedChannel& channel) { ask_for_sums(channel, {4, 2}); }));
  });
}

TEST(StepBoundary, NamesARankThatAddedInAnotherOrder) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    test::expect_error(Fault::bug, {"rank 2 on ", "sums of gradients", "the 2 ranks that agree"}, [&] {
      pass_boundaries(group, [&](comm::TracedChannel& channel) {
        ask_for_sums(channel, group.rank() == 2 ? std::vector<std::size_t>{2, 4} : std::vector<std::size_t>{4, 2});
      });
    });
  });
}

TEST(StepBoundary, NamesARankThatLeftASumOut) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    test::expect_error(Fault::bug, {"rank 0 on ", "sums of gradients", "the 2 ranks that agree"}, [&] {
      pass_boundaries(group, [&](comm::TracedChannel& channel) {
        ask_for_sums(channel, group.is_leader() ? std::vector<std::size_t>{4} : std::vector<std::size_t>{4, 2});
      });
    });
  });
}

TEST(RunLength, TakesWhicheverComesFirst) {
  EXPECT_EQ(plan_run_length(10, 3, 0).total_steps, 30u);
  EXPECT_EQ(plan_run_length(10, 3, 12).total_steps, 12u);
  EXPECT_EQ(plan_run_length(10, 3, 99).total_steps, 30u);
}

}  // namespace
}  // namespace hpctrain::train
