#include "sweep/coordinator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

#include "core/clock.hpp"
#include "core/simulated_file_system.hpp"
#include "support/expect_error.hpp"
#include "support/sweep_over_threads.hpp"

namespace hpctrain::sweep {
namespace {

using test_sweep::run_sweep;
using test_sweep::SweepSetup;
using test_sweep::trial_of;

constexpr SchedulerPlan kAsha = {.kind = SchedulerKind::asha, .reduction = 3, .min_epochs = 1};

/// Nine epochs of a trial whose score is worse the greater its number.
TrialOutcome train_nine_epochs(const Trial& trial, comm::Communicator&, const AskVerdict& ask_verdict) {
  const double metric = -std::stod(trial.parameters[0].second);
  for (std::uint64_t epoch = 1; epoch < 9; ++epoch) {
    const Score score = {.epoch = epoch, .metric = metric, .steps = 10 * epoch};
    if (ask_verdict(score, {}) == Verdict::stop) return outcome_of_stop(score);
  }
  TrialOutcome outcome;
  outcome.metric = metric;
  return outcome;
}

/// Why a sweep of two trials on one rank left some for another start.
std::optional<std::string> stop_cause(FileSystem& files, std::optional<double> job_end_unix, bool is_stop_wished) {
  SweepSetup setup{.teams = {}, .job_end_unix = job_end_unix, .is_stop_wished = [=] { return is_stop_wished; }};
  return run_sweep(
             files, 2, [](const auto&, auto&, const auto&) { return TrialOutcome{}; }, setup)
      .stop_cause;
}

TEST(Coordinator, StopsForTheTimeOrAWishOnlyWhereATrialIsLeft) {
  SimulatedFileSystem files;
  const double is_over = unix_seconds() - 1;
  EXPECT_EQ(stop_cause(files, is_over, false), "wall time");
  EXPECT_EQ(stop_cause(files, std::nullopt, true), "stop file");
  EXPECT_TRUE(Ledger(files, "/sweep/ledger", "one").entries().empty());
  EXPECT_EQ(stop_cause(files, std::nullopt, false), std::nullopt);
  EXPECT_EQ(Ledger(files, "/sweep/ledger", "one").entries().size(), 2u);
  EXPECT_EQ(stop_cause(files, is_over, true), std::nullopt);
}

TEST(Coordinator, EveryTrialEndsOnceWithTheMetricOfTheGroupThatRanIt) {
  SimulatedFileSystem files;
  run_sweep(files, 9, [](const Trial& trial, comm::Communicator& group, const auto&) {
    std::int64_t ranks = 1;
    group.all_reduce({&ranks, 1, comm::ElementType::i64}, comm::ReduceOp::sum);
    TrialOutcome outcome;
    outcome.metric = std::stod(trial.parameters[0].second) + static_cast<double>(ranks);
    return outcome;
  });
  const Ledger ledger(files, "/sweep/ledger", "one");
  ASSERT_EQ(ledger.entries().size(), 9u);
  for (const auto& entry : ledger.entries()) {
    EXPECT_EQ(entry.outcome.state, TrialState::done);
    EXPECT_EQ(*entry.outcome.metric, std::stod(entry.trial.parameters[0].second) + 2);
  }
}

TEST(Coordinator, AnAgreedErrorEndsTheTrialAndItsRanksGoOn) {
  SimulatedFileSystem files;
  run_sweep(files, 5, [](const Trial& trial, comm::Communicator&, const auto&) -> TrialOutcome {
    if (trial.parameters[0].second == "1") throw Error(Fault::usage, "the loss is no number").as_agreed();
    return {};
  });
  const Ledger ledger(files, "/sweep/ledger", "one");
  ASSERT_EQ(ledger.entries().size(), 5u);
  for (const auto& entry : ledger.entries()) {
    const bool must_fail = entry.trial.parameters[0].second == "1";
    EXPECT_EQ(entry.outcome.state, must_fail ? TrialState::failed : TrialState::done);
    EXPECT_EQ(entry.outcome.code, must_fail ? 64 : 0);
    EXPECT_EQ(entry.outcome.message, must_fail ? "the loss is no number" : "");
  }
}

TEST(Coordinator, APausedTrialEndsTheStartAndTheNextStartRunsIt) {
  SimulatedFileSystem files;
  run_sweep(files, 4, [](const Trial&, comm::Communicator&, const auto&) { return TrialOutcome{TrialState::paused}; });
  run_sweep(files, 4, [](const Trial&, comm::Communicator&, const auto&) { return TrialOutcome{TrialState::done}; });
  const Ledger ledger(files, "/sweep/ledger", "one");
  ASSERT_EQ(ledger.entries().size(), 4u);
  for (const auto& entry : ledger.entries()) EXPECT_EQ(entry.outcome.state, TrialState::done);
}

TEST(Coordinator, AshaStopsTrialsThatAreBehindAtARungAndTrainsTheBestToItsEnd) {
  SimulatedFileSystem files;
  EXPECT_FALSE(run_sweep(files, 12, train_nine_epochs, {.scheduler = kAsha}).failure);
  const Ledger ledger(files, "/sweep/ledger", "one");
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.state, TrialState::done);
  // Trials 0 and 1 start together: whichever comes first to the rung goes on.
  for (int number = 2; number < 12; ++number) {
    const TrialOutcome& outcome = ledger.find(trial_of(number).digest)->outcome;
    EXPECT_EQ(outcome.state, TrialState::stopped);
    EXPECT_EQ(outcome.epoch, 1u);
    EXPECT_EQ(outcome.metric, -number);
    EXPECT_EQ(outcome.steps, 10u);
  }
}

TEST(Coordinator, WhatAnEarlierStartDecidedAtARungStands) {
  SimulatedFileSystem files;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    for (const int number : {0, 5, 6}) ledger.add_lease(trial_of(number));
    // Judged alone, trial 5 went on; with the scores that are known now it would not.
    ledger.add_score(trial_of(5).digest, {{.epoch = 1, .metric = -5, .steps = 10}, false});
    ledger.add_score(trial_of(0).digest, {{.epoch = 1, .metric = 0, .steps = 10}, false});
    ledger.add_score(trial_of(6).digest, {{.epoch = 1, .metric = -6, .steps = 10}, true});
    ledger.commit();
  }
  std::atomic<int> runs_of_stopped = 0;
  run_sweep(files, 7,
            [&](const Trial& trial, comm::Communicator& group, const AskVerdict& ask_verdict) {
              if (trial.parameters[0].second == "6") ++runs_of_stopped;
              if (trial.parameters[0].second != "5") return train_nine_epochs(trial, group, ask_verdict);
              EXPECT_EQ(ask_verdict({.epoch = 1, .metric = -5, .steps = 10}, {}), Verdict::go_on);
              return TrialOutcome{TrialState::done};
            },
            {.scheduler = kAsha});
  const Ledger ledger(files, "/sweep/ledger", "one");
  EXPECT_EQ(ledger.find(trial_of(5).digest)->outcome.state, TrialState::done);
  const TrialOutcome& stopped = ledger.find(trial_of(6).digest)->outcome;
  EXPECT_EQ(stopped.state, TrialState::stopped);
  EXPECT_EQ(stopped.metric, -6);
  EXPECT_EQ(runs_of_stopped, 0);
}

TEST(Coordinator, AFullDiskEndsTheSweepWithTrialsThatWaitForAVerdict) {
  SimulatedFileSystem opened;
  Ledger(opened, "/sweep/ledger", "one");
  SimulatedFileSystem whole;
  run_sweep(whole, 4, train_nine_epochs, {.scheduler = kAsha});
  int failed = 0;
  for (std::uint64_t operation = opened.operations(); operation < whole.operations(); ++operation) {
    SimulatedFileSystem files;
    files.fail_changes_from(operation, ENOSPC);
    const auto failure = run_sweep(files, 4, train_nine_epochs, {.scheduler = kAsha}).failure;
    if (files.has_injected()) {
      ++failed;
      EXPECT_TRUE(failure);
    }
  }
  EXPECT_GT(failed, 4);
}

TEST(Coordinator, ScoresThatNobodyJudgesAreToldAndTheTrialGoesOnAtOnce) {
  SimulatedFileSystem files;
  const auto mailboxes = comm::make_thread_mailboxes(1);
  std::vector<std::string> told;
  comm::run_ranks(1, [&](comm::Communicator& world) {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.watch_outcomes(
        [&](const auto&, const auto& outcome) { told.push_back(fmt::format("end {}", *outcome.metric)); });
    TrialPlan plan;
    plan.trials = 1;
    plan.propose = [](std::uint64_t, const auto&) { return trial_of(3).parameters; };
    TrialQueue queue(plan, ledger);
    Coordinator coordinator({*mailboxes[0],
                             ledger,
                             queue,
                             TeamRules{.ranks = 1},
                             std::nullopt,
                             [&](const std::vector<int>& ranks, const Trial& trial) {
                               told.push_back(fmt::format("rank {} n={}", ranks.front(), trial.parameters[0].second));
                             },
                             kAsha,
                             {},
                             [&](const ScoreReport& report) {
                               told.push_back(fmt::format("epoch {} {}", report.score.epoch, report.score.metric));
                             }});
    std::thread serving([&] { coordinator.run(); });
    const auto train = [](const Trial&, comm::Communicator&, const AskVerdict& ask_verdict) {
      EXPECT_EQ(ask_verdict({.epoch = 1, .metric = 0.5}, {}), Verdict::go_on);
      EXPECT_EQ(ask_verdict({.epoch = 2, .metric = 0.25}, {}), Verdict::go_on);
      TrialOutcome outcome;
      outcome.metric = 0.75;
      return outcome;
    };
    run_leases(world, *mailboxes[0], train, false);
    serving.join();
    EXPECT_TRUE(ledger.entries()[0].scores.empty());
  });
  EXPECT_EQ(told, (std::vector<std::string>{"rank 0 n=3", "epoch 1 0.5", "epoch 2 0.25", "end 0.75"}));
}

TEST(Groups, MoreRanksPerTrialThanRanksIsRefused) {
  EXPECT_EQ(plan_groups(7, 2), 3);
  test::expect_error(Fault::usage, {"sweep.ranks-per-trial is 4", "3 ranks"}, [] { plan_groups(3, 4); });
}

}  // namespace
}  // namespace hpctrain::sweep
