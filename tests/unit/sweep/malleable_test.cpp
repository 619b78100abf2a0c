// The coordinator where teams may grow, with trials that only pretend to train.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "comm/agree.hpp"
#include "core/simulated_file_system.hpp"
#include "support/sweep_over_threads.hpp"

namespace hpctrain::sweep {
namespace {

using test_sweep::run_sweep;
using test_sweep::SweepEnd;
using test_sweep::trial_of;

constexpr std::uint64_t kManyEpochs = 3000;

std::string name_of(int number) {
  return trial_of(number).digest;
}

/// Trials that remember, as a checkpoint does, how many epochs they made, and on how many ranks. Trial 0 makes many
/// unless it has `enough_ranks`; the others end in their first epoch.
class FakeTrials {
 public:
  int enough_ranks = 4;
  std::string message_of_pause = kRegroup;
  std::uint64_t fails_at = 0;  ///< epoch; 0: never

  TrialOutcome run(const Trial& trial, comm::Communicator& team, const AskVerdict& ask_verdict) {
    const std::string number = trial.parameters[0].second;
    std::uint64_t epoch = std::stoull(comm::run_on_leader(team, [&] {
      const std::lock_guard guard(mutex_);
      ranks_[number].push_back(team.size());
      return std::to_string(epochs_[number]);
    }));
    if (number != "0") return outcome_of(TrialState::done);
    while (++epoch < kManyEpochs && team.size() < enough_ranks) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (epoch == fails_at) throw Error(Fault::usage, "the loss is no number").as_agreed();
      const Outlook outlook = {.seconds_per_step = 8.0 / team.size(), .steps_left = kManyEpochs - epoch};
      if (ask_verdict({.epoch = epoch, .steps = epoch}, outlook) != Verdict::grow) continue;
      if (team.is_leader()) remember(number, epoch);
      return outcome_of(TrialState::paused);
    }
    return outcome_of(TrialState::done);
  }

  RunTrial runner() {
    return [this](const auto& trial, auto& team, const auto& ask_verdict) { return run(trial, team, ask_verdict); };
  }

  const std::vector<int>& ranks_of(int number) { return ranks_[std::to_string(number)]; }

 private:
  TrialOutcome outcome_of(TrialState state) const {
    TrialOutcome outcome{state};
    if (state == TrialState::paused) outcome.message = message_of_pause;
    return outcome;
  }

  void remember(const std::string& number, std::uint64_t epoch) {
    const std::lock_guard guard(mutex_);
    epochs_[number] = epoch;
  }

  std::mutex mutex_;
  std::map<std::string, std::uint64_t> epochs_;
  std::map<std::string, std::vector<int>> ranks_;  ///< of each start
};

/// Four ranks and steps of four parts; of every trial only that much is known that trial 0 is the longest.
SweepEnd run_malleable(FileSystem& files, std::uint64_t trials, FakeTrials& fakes,
                       const std::function<bool()>& is_stop_wished = {}, int ranks_per_trial = 1) {
  TeamRules rules{.ranks = 4, .ranks_per_trial = ranks_per_trial, .is_malleable = true};
  rules.step_parts = [](const auto&) { return 4; };
  rules.forecast = [](const Parameters& parameters, const auto&) {
    return TrialForecast{parameters[0].second == "0" ? 1000.0 : 1.0, false};
  };
  return run_sweep(files, trials, fakes.runner(), {.teams = rules, .is_stop_wished = is_stop_wished});
}

void expect_done(FileSystem& files, std::uint64_t trials) {
  const Ledger ledger(files, "/sweep/ledger", "one");
  EXPECT_EQ(ledger.entries().size(), trials);
  for (const auto& entry : ledger.entries()) EXPECT_EQ(entry.outcome.state, TrialState::done);
}

TEST(Malleable, RanksWithoutATrialJoinTheOneThatStillTrains) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  EXPECT_FALSE(run_malleable(files, 6, fakes).failure);
  expect_done(files, 6);
  const auto& ranks = fakes.ranks_of(0);
  EXPECT_EQ(ranks.front(), 1);
  EXPECT_EQ(ranks.back(), 4);
  EXPECT_TRUE(std::is_sorted(ranks.begin(), ranks.end()));
  const Ledger ledger(files, "/sweep/ledger", "one");
  EXPECT_EQ(ledger.find(name_of(0))->leases, static_cast<int>(ranks.size()));
  EXPECT_GT(ledger.find(name_of(0))->outcome.seconds, 0);
}

TEST(Malleable, NoRankJoinsWhileTrialsAreLeft) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  fakes.enough_ranks = 2;
  run_malleable(files, 40, fakes);
  expect_done(files, 40);
  // The last ones may begin together, on all ranks that are idle then.
  for (int number = 1; number < 36; ++number) EXPECT_EQ(fakes.ranks_of(number), std::vector<int>{1});
}

TEST(Malleable, FewerTrialsThanTeamsBeginWithLargerOnes) {
  SimulatedFileSystem files;
  FakeTrials one;
  run_malleable(files, 1, one);
  EXPECT_EQ(one.ranks_of(0), std::vector<int>{4});
  SimulatedFileSystem others;
  FakeTrials two;
  two.enough_ranks = 2;
  run_malleable(others, 3, two);
  EXPECT_EQ(two.ranks_of(0), std::vector<int>{2});
  EXPECT_EQ(two.ranks_of(1), std::vector<int>{1});
}

TEST(Malleable, RanksThatFillNoTeamHelpTheLastTrial) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  fakes.enough_ranks = 3;
  EXPECT_FALSE(run_malleable(files, 2, fakes, {}, 3).failure);
  expect_done(files, 2);
  EXPECT_EQ(fakes.ranks_of(0), std::vector<int>{3});
  EXPECT_EQ(fakes.ranks_of(1), std::vector<int>{4});
}

TEST(Malleable, AFailureWhileOthersWaitEndsTheTrialAndNobodyWaitsForEver) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  fakes.enough_ranks = 5;
  fakes.fails_at = 60;
  EXPECT_FALSE(run_malleable(files, 4, fakes).failure);
  const Ledger ledger(files, "/sweep/ledger", "one");
  EXPECT_EQ(ledger.find(name_of(0))->outcome.state, TrialState::failed);
  EXPECT_EQ(ledger.find(name_of(3))->outcome.state, TrialState::done);
}

TEST(Malleable, ATrialStoppedFromOutsideWhileItShouldGrowIsLeftForTheNextStart) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  fakes.message_of_pause = "signal";
  EXPECT_EQ(run_malleable(files, 4, fakes).stop_cause, "signal");
  EXPECT_EQ(fakes.ranks_of(0), std::vector<int>{1});
  EXPECT_EQ(Ledger(files, "/sweep/ledger", "one").find(name_of(0))->outcome.state, TrialState::paused);
  fakes.message_of_pause = kRegroup;
  EXPECT_EQ(run_malleable(files, 4, fakes).stop_cause, std::nullopt);
  expect_done(files, 4);
}

TEST(Malleable, AStopFileBeginsNoTrialAndTheOnesUnderWayEndOnAllRanks) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  std::atomic<int> asked = 0;
  EXPECT_EQ(run_malleable(files, 40, fakes, [&] { return ++asked > 4; }).stop_cause, "stop file");
  expect_done(files, 4);
  EXPECT_EQ(fakes.ranks_of(0).back(), 4);
}

TEST(Malleable, AFullDiskEndsTheSweepWhateverItsRanksDo) {
  SimulatedFileSystem opened;
  Ledger(opened, "/sweep/ledger", "one");
  SimulatedFileSystem whole;
  FakeTrials undisturbed;
  run_malleable(whole, 4, undisturbed);
  int failed = 0;
  for (std::uint64_t operation = opened.operations(); operation < whole.operations(); ++operation) {
    SimulatedFileSystem files;
    files.fail_changes_from(operation, ENOSPC);
    FakeTrials fakes;
    const auto failure = run_malleable(files, 4, fakes).failure;
    if (!files.has_injected()) continue;
    ++failed;
    EXPECT_TRUE(failure);
  }
  EXPECT_GT(failed, 4);
}

TEST(Malleable, ASweepThatWasCutOffWhileATeamGrewEndsEachTrialOnce) {
  SimulatedFileSystem files;
  FakeTrials fakes;
  {
    Ledger ledger(files, "/sweep/ledger", "one");
    ledger.add_lease(trial_of(0));
    TrialOutcome paused{TrialState::paused};
    paused.message = kRegroup;
    ledger.add_outcome(name_of(0), paused);
    ledger.add_lease(trial_of(0));
    ledger.commit();
  }
  EXPECT_EQ(run_malleable(files, 5, fakes).stop_cause, std::nullopt);
  expect_done(files, 5);
}

}  // namespace
}  // namespace hpctrain::sweep
