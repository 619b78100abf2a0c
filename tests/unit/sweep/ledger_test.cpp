#include "sweep/ledger.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/simulated_file_system.hpp"
#include "support/expect_error.hpp"
#include "sweep/trial_queue.hpp"

namespace hpctrain::sweep {
namespace {

Trial trial_of(int number) {
  const Parameters parameters = {{"optim.lr", std::to_string(number)}};
  return {digest_parameters(parameters), parameters};
}

TrialPlan plan_of(std::uint64_t trials) {
  TrialPlan plan;
  plan.trials = trials;
  plan.propose = [](std::uint64_t number, const auto&) { return trial_of(static_cast<int>(number)).parameters; };
  return plan;
}

std::optional<Trial> take(TrialQueue& queue) {
  const auto trial = queue.choose();
  if (trial) queue.lease(*trial);
  return trial;
}

/// Runs what is left of four trials; `ended` gets the trials whose end was committed.
void run_sweep(FileSystem& files, std::multiset<std::string>& ended) {
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(4), ledger);
  while (const auto trial = take(queue)) {
    TrialOutcome outcome;
    outcome.metric = 0.5;
    ledger.add_outcome(trial->digest, outcome);
    ledger.commit();
    ended.insert(trial->digest);
  }
}

TEST(Ledger, AfterACrashAtAnyOperationACommittedTrialIsNeverRunAgainAndTheOthersAre) {
  for (std::uint64_t operation = 0;; ++operation) {
    SimulatedFileSystem files;
    files.crash_at(operation);
    std::multiset<std::string> ended;
    try {
      run_sweep(files, ended);
    } catch (const SimulatedCrash&) {
    }
    if (!files.has_injected()) {
      EXPECT_GT(operation, 12u);
      break;
    }
    for (const PowerLoss& loss : {PowerLoss{}, PowerLoss{.keeps_data = true, .keeps_entries = true},
                                  PowerLoss{.keeps_entries = true, .tears_last_write = true}}) {
      SimulatedFileSystem after = files.after_power_loss(loss);
      std::multiset<std::string> all = ended;
      // Killed between the sync and the answer: found finished, so it is not run again either.
      {
        Ledger found(after, "/sweep/ledger", "one");
        for (const auto& entry : found.entries()) {
          if (is_final(entry.outcome.state) && all.count(entry.trial.digest) == 0) all.insert(entry.trial.digest);
        }
      }
      run_sweep(after, all);
      ASSERT_EQ(all.size(), 4u) << files.operation_log().back();
      for (int number = 0; number < 4; ++number) ASSERT_EQ(all.count(trial_of(number).digest), 1u);
    }
  }
}

TEST(Ledger, ScoresAndStopsAreReadBackByALaterStart) {
  SimulatedFileSystem files;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.add_lease(trial_of(1));
    const JudgedScore first = {{.epoch = 1, .metric = 0.25, .steps = 10, .seconds = 1.5}, false};
    const JudgedScore second = {{.epoch = 3, .metric = 0.5, .steps = 30, .seconds = 4.5}, true};
    ledger.add_score(trial_of(1).digest, first);
    ledger.add_score(trial_of(1).digest, second);
    ledger.add_outcome(trial_of(1).digest, outcome_of_stop(second.score));
    ledger.commit();
  }
  SimulatedFileSystem after = files.after_power_loss();
  const Ledger ledger(after, "/sweep/ledger", "one");
  const LedgerEntry& entry = *ledger.find(trial_of(1).digest);
  ASSERT_EQ(entry.scores.size(), 2u);
  EXPECT_EQ(entry.scores[0].score.metric, 0.25);
  EXPECT_FALSE(entry.scores[0].stops);
  EXPECT_EQ(entry.scores[1].score.epoch, 3u);
  EXPECT_TRUE(entry.scores[1].stops);
  EXPECT_EQ(entry.outcome.state, TrialState::stopped);
  EXPECT_EQ(entry.outcome.epoch, 3u);
  EXPECT_EQ(entry.outcome.metric, 0.5);
  EXPECT_EQ(entry.outcome.steps, 30u);
  EXPECT_EQ(entry.outcome.seconds, 4.5);
}

TEST(Ledger, ALaterStartTakesTheLedgerFromAnEarlierOne) {
  SimulatedFileSystem files;
  Ledger older(files, "/sweep/ledger", "one");
  older.add_lease(trial_of(1));
  older.add_score(trial_of(1).digest, {});
  Ledger newer(files, "/sweep/ledger", "one");
  test::expect_error(Fault::fenced, {"took over"}, [&] { older.commit(); });
  test::expect_error(Fault::fenced, {"took over"}, [&] { older.add_lease(trial_of(2)); });
  TrialOutcome fenced{TrialState::failed};
  fenced.code = exit_code(Fault::fenced);
  test::expect_error(Fault::fenced, {"took over"}, [&] { older.add_outcome(trial_of(1).digest, fenced); });
  newer.add_outcome(trial_of(1).digest, {});
  const auto entries = Ledger::read(files, "/sweep/ledger", "one");
  ASSERT_EQ(entries.size(), 1u) << "the older start leased nothing more";
  EXPECT_EQ(entries.front().outcome.state, TrialState::done) << "the newer start's outcome counts";
}

TEST(Ledger, LeasesOfATrialThatGotFurtherAreNoAttempts) {
  SimulatedFileSystem files;
  Ledger ledger(files, "/sweep/ledger", "one");
  const auto lease_at = [&](std::uint64_t step) {
    ledger.add_lease(trial_of(1), step);
    return ledger.find(trial_of(1).digest)->attempts;
  };
  EXPECT_EQ(lease_at(0), 1);
  EXPECT_EQ(lease_at(0), 2);
  EXPECT_EQ(lease_at(40), 1);
  EXPECT_EQ(lease_at(40), 2);
  EXPECT_EQ(lease_at(30), 3) << "a checkpoint that was lost is no progress";
  EXPECT_EQ(Ledger::read(files, "/sweep/ledger", "one").front().attempts, 3);
}

TEST(Ledger, ReadingItTakesItFromNobody) {
  SimulatedFileSystem files;
  Ledger running(files, "/sweep/ledger", "one");
  running.add_lease(trial_of(1));
  const auto entries = Ledger::read(files, "/sweep/ledger", "one");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries.front().leases, 1);
  running.add_outcome(trial_of(1).digest, {});
  running.commit();
  EXPECT_EQ(Ledger::read(files, "/sweep/ledger", "one").front().outcome.state, TrialState::done);
  test::expect_error(Fault::usage, {"another sweep"}, [&] { Ledger::read(files, "/sweep/ledger", "two"); });
}

TEST(Ledger, AnotherSweepsLedgerIsRefused) {
  SimulatedFileSystem files;
  Ledger(files, "/sweep/ledger", "one");
  test::expect_error(Fault::usage, {"another sweep", "--out"}, [&] { Ledger(files, "/sweep/ledger", "two"); });
}

TEST(Ledger, DamageBeforeSoundRecordsIsNamed) {
  SimulatedFileSystem files;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.add_lease(trial_of(1));
    ledger.add_lease(trial_of(2));
  }
  std::string text = files.read_file("/sweep/ledger/00000001.ledger");
  text[text.find("optim.lr")] = 'x';
  write_file_durably(files, "/sweep/ledger/00000001.ledger", text);
  test::expect_error(Fault::data, {"00000001.ledger", "damaged"}, [&] { Ledger(files, "/sweep/ledger", "one"); });
}

TEST(TrialQueue, ATrialThatEndsTheJobEachTimeIsGivenUp) {
  SimulatedFileSystem files;
  for (int start = 0; start < 3; ++start) {
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialQueue queue(plan_of(1), ledger);
    ASSERT_TRUE(take(queue));
  }
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(1), ledger);
  EXPECT_FALSE(take(queue));
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.state, TrialState::failed);
}

TEST(TrialQueue, ATrialThatGetsNoFurtherIsGivenUpWithACodeThatCallsForNoOtherStart) {
  SimulatedFileSystem files;
  std::uint64_t step = 0;
  TrialPlan plan = plan_of(1);
  plan.attempts = 2;
  plan.progress = [&](const Trial&) { return step; };
  // Each start is killed after its lease; three of them saw a newer checkpoint.
  for (const std::uint64_t reached : {0, 10, 20, 30}) {
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialQueue queue(plan, ledger);
    ASSERT_TRUE(take(queue)) << "start that found step " << step;
    step = reached;
  }
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialQueue queue(plan, ledger);
    ASSERT_TRUE(take(queue)) << "it got to step 30 since";
  }
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialQueue queue(plan, ledger);
    ASSERT_TRUE(take(queue)) << "one attempt from step 30";
  }
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan, ledger);
  EXPECT_FALSE(take(queue)) << "two";
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.state, TrialState::failed);
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.code, exit_code(Fault::bug));
}

TEST(TrialQueue, ATrialThatWasStoppedBeforeItCouldSaySoIsStoppedAndNotRun) {
  SimulatedFileSystem files;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.add_lease(trial_of(0));
    ledger.add_score(trial_of(0).digest, {{.epoch = 2, .metric = 0.25, .steps = 20}, true});
    ledger.commit();
  }
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(2), ledger);
  EXPECT_EQ(take(queue)->digest, trial_of(1).digest);
  EXPECT_FALSE(take(queue));
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.state, TrialState::stopped);
  EXPECT_EQ(ledger.find(trial_of(0).digest)->outcome.metric, 0.25);
}

TEST(TrialQueue, WhatWasBegunComesBeforeWhatIsNew) {
  SimulatedFileSystem files;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.add_lease(trial_of(2));
    ledger.add_lease(trial_of(9));  // of axes that were changed since
    ledger.commit();
  }
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(4), ledger);
  for (const int number : {2, 0, 1, 3}) EXPECT_EQ(take(queue)->digest, trial_of(number).digest);
  EXPECT_FALSE(take(queue));
}

TEST(TrialQueue, WhatIsPutBackIsChosenAgainAndWasNeverStarted) {
  SimulatedFileSystem files;
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(2), ledger);
  queue.put_back(*queue.choose());
  EXPECT_EQ(ledger.find(trial_of(0).digest), nullptr);
  EXPECT_EQ(take(queue)->digest, trial_of(0).digest);
  EXPECT_EQ(take(queue)->digest, trial_of(1).digest);
}

TEST(TrialQueue, FurtherPointsOfAFinishedSweepAreAllThatIsRun) {
  SimulatedFileSystem files;
  std::multiset<std::string> ended;
  run_sweep(files, ended);
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialQueue queue(plan_of(6), ledger);
  EXPECT_EQ(take(queue)->digest, trial_of(4).digest);
  EXPECT_EQ(take(queue)->digest, trial_of(5).digest);
  EXPECT_FALSE(take(queue));
}

}  // namespace
}  // namespace hpctrain::sweep
