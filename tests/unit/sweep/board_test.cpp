// What people are told of a sweep while it runs.
#include "sweep/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweep/board_text.hpp"

namespace hpctrain::sweep {
namespace {

Trial trial_of(const std::string& rate) {
  return {"digest-" + rate, {{"optim.lr", rate}}};
}

LedgerEntry ended_before(const std::string& rate, TrialState state, std::optional<double> metric) {
  LedgerEntry entry{trial_of(rate), TrialOutcome{state}};
  entry.outcome.metric = metric;
  entry.leases = 1;
  return entry;
}

TrialOutcome outcome_of(TrialState state, std::optional<double> metric, double seconds) {
  TrialOutcome outcome{state};
  outcome.metric = metric;
  outcome.seconds = seconds;
  return outcome;
}

/// Four trials on two groups of two ranks, one rank over; it is second 100.
Board make_board(const std::vector<LedgerEntry>& history = {}) {
  BoardPlan plan;
  plan.ranks = 5;
  plan.groups = 2;
  plan.trials = 4;
  for (const char* rate : {"1", "2", "3", "4"}) plan.points.push_back(trial_of(rate));
  return Board(plan, history, 100);
}

TEST(Board, CountsTrialsByWhatBecameOfThem) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_lease({2, 3}, trial_of("2"), 100);
  board.note_outcome("digest-1", outcome_of(TrialState::done, 0.5, 10), 110);
  board.note_lease({0, 1}, trial_of("3"), 110);
  board.note_outcome("digest-2", outcome_of(TrialState::failed, std::nullopt, 15), 115);
  const BoardView view = board.view(120);
  EXPECT_EQ(view.trials, 4U);
  EXPECT_EQ(view.done, 1U);
  EXPECT_EQ(view.failed, 1U);
  EXPECT_EQ(view.queued, 1U);
  ASSERT_EQ(view.running.size(), 1U);
  EXPECT_EQ(view.running[0].ranks, (std::vector<int>{0, 1}));
  EXPECT_EQ(view.running[0].parameters, trial_of("3").parameters);
  EXPECT_EQ(view.running[0].seconds, 10);
}

TEST(Board, OfAPlanWithoutFixedPointsItsOwnTrialsCount) {
  BoardPlan plan;
  plan.trials = 4;
  plan.owns = [](const Trial& trial) { return trial.digest == "digest-1"; };
  Board board(plan, {ended_before("1", TrialState::done, 0.5), ended_before("7", TrialState::done, 0.75)}, 100);
  const BoardView view = board.view(101);
  EXPECT_EQ(view.done, 1U);
  EXPECT_EQ(view.queued, 3U);
  ASSERT_TRUE(view.best.has_value());
  EXPECT_EQ(view.best->metric, 0.75) << "the best is the best of all";
}

TEST(Board, RanksAreBusyOnlyUnderALease) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_outcome("digest-1", outcome_of(TrialState::done, 0.5, 10), 110);
  board.note_lease({2, 3}, trial_of("2"), 115);
  const BoardView view = board.view(120);
  EXPECT_EQ(view.busy_ranks, 2);
  EXPECT_EQ(view.busy_rank_seconds, 2 * 10 + 2 * 5);
  EXPECT_EQ(view.idle_rank_seconds(), 5 * 20 - 30);
  EXPECT_EQ(view.busy_share(), 0.3);
}

TEST(Board, ShowsTheLastScoreOfATrialThatRuns) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  EXPECT_FALSE(board.view(101).running[0].last);
  board.note_score("digest-1", {.epoch = 1, .metric = 0.25});
  board.note_score("digest-1", {.epoch = 2, .metric = 0.5});
  EXPECT_EQ(board.view(102).running[0].last->epoch, 2U);
  EXPECT_EQ(board.view(102).running[0].last->metric, 0.5);
}

TEST(Board, TheBestIsOfAllStartsAndOnlyOfTrialsThatAreDone) {
  Board board = make_board({ended_before("1", TrialState::done, 0.7), ended_before("9", TrialState::stopped, 0.99)});
  EXPECT_EQ(board.view(101).best->metric, 0.7);
  board.note_lease({0, 1}, trial_of("2"), 101);
  board.note_outcome("digest-2", outcome_of(TrialState::done, 0.8, 1), 102);
  EXPECT_EQ(board.view(103).best->parameters, trial_of("2").parameters);
}

TEST(Board, OfEquallyGoodTrialsTheFirstThatWasBegunIsTheBestAsInTheResults) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_lease({2, 3}, trial_of("2"), 100);
  board.note_outcome("digest-2", outcome_of(TrialState::done, 0.8, 1), 101);
  EXPECT_EQ(board.view(101).best->parameters, trial_of("2").parameters);
  board.note_outcome("digest-1", outcome_of(TrialState::done, 0.8, 2), 102);
  EXPECT_EQ(board.view(102).best->parameters, trial_of("1").parameters);
}

TEST(Board, SmallerIsBetterWhereTheMetricSaysSo) {
  BoardPlan plan;
  plan.is_smaller_better = true;
  Board board(plan, {ended_before("1", TrialState::done, 0.7), ended_before("2", TrialState::done, 0.6)}, 0);
  EXPECT_EQ(board.view(1).best->metric, 0.6);
}

TEST(Board, TrialsOfEarlierStartsThatAreNoLongerPlannedCountForNothing) {
  Board board = make_board({ended_before("1", TrialState::done, 0.7), ended_before("9", TrialState::done, 0.1)});
  EXPECT_EQ(board.view(101).done, 1U);
  EXPECT_EQ(board.view(101).queued, 3U);
}

TEST(Board, TimeLeftFollowsFromTrialsThatAreDone) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_lease({2, 3}, trial_of("2"), 100);
  EXPECT_EQ(board.view(105).seconds_left, std::nullopt);
  board.note_outcome("digest-1", outcome_of(TrialState::done, 0.5, 10), 110);
  board.note_outcome("digest-2", outcome_of(TrialState::done, 0.5, 10), 110);
  board.note_lease({0, 1}, trial_of("3"), 110);
  board.note_lease({2, 3}, trial_of("4"), 110);
  EXPECT_NEAR(*board.view(114).seconds_left, 6, 1e-9);
  board.note_outcome("digest-3", outcome_of(TrialState::done, 0.5, 8), 118);
  board.note_outcome("digest-4", outcome_of(TrialState::done, 0.5, 8), 118);
  EXPECT_EQ(board.view(119).seconds_left, 0);
}

TEST(Board, PointsThatAreNotFixedCountByNumber) {
  BoardPlan plan;
  plan.trials = 10;
  Board board(plan, {ended_before("1", TrialState::done, 0.7), ended_before("2", TrialState::paused, std::nullopt)}, 0);
  board.note_lease({0}, trial_of("2"), 0);
  board.note_outcome("digest-2", outcome_of(TrialState::done, 0.5, 10), 10);
  const BoardView view = board.view(10);
  EXPECT_EQ(view.ended(), 2U);
  EXPECT_EQ(view.queued, 8U);
  // The trial was begun in an earlier start, so its ten seconds are a part of it and tell nothing.
  EXPECT_EQ(view.seconds_left, std::nullopt);
}

TEST(BoardText, TellsCountsTimeBestAndEachTrialThatRuns) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_lease({2, 3}, trial_of("2"), 100);
  board.note_outcome("digest-1", outcome_of(TrialState::done, 0.912, 10), 110);
  board.note_lease({0, 1}, trial_of("3"), 110);
  board.note_score("digest-2", {.epoch = 12, .metric = 0.5});
  EXPECT_THAT(write_board(board.view(112), "top1"),
              testing::ElementsAre("sweep  1 of 4 trials ended (1 done), 2 running, 1 queued",
                                   "time   12.0 s, about 10.0 s left", "ranks  4 of 5 busy, 80.0 % of the time",
                                   "best   top1 91.20 %  optim.lr=1", "  ranks  epoch  top1     time    trial",
                                   "  0-1    -      -        2.0 s   optim.lr=3",
                                   "  2-3    12     50.00 %  12.0 s  optim.lr=2"));
}

TEST(BoardText, RanksThatAreNoNeighboursAreListed) {
  Board board = make_board();
  board.note_lease({2, 3, 0}, trial_of("1"), 100);
  EXPECT_EQ(write_board(board.view(101), "top1").back(), "  0,2-3  -      -     1.0 s  optim.lr=1");
}

TEST(BoardText, OneLineSaysItAll) {
  Board board = make_board();
  board.note_lease({0, 1}, trial_of("1"), 100);
  board.note_outcome("digest-1", outcome_of(TrialState::stopped, 0.2, 10), 110);
  EXPECT_EQ(write_board_summary(board.view(110), "top1"),
            "1 of 4 trials ended (1 stopped early); 0 running, 3 queued; time left not known before a trial is done; "
            "10.0 s, ranks busy 40.0 % of it (30.0 rank-seconds idle)");
}

}  // namespace
}  // namespace hpctrain::sweep
