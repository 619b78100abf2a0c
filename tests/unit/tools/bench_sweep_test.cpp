#include "tools/bench_sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "comm/thread_communicator.hpp"
#include "core/simulated_file_system.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::tools {
namespace {

SweepBenchSettings short_trials() {
  return {.folder = "/bench", .trials = 12, .seconds = 0.004, .spread = 0.5};
}

/// Rank zero's report of a bench on `ranks` ranks.
SweepBenchReport bench(FileSystem& files, int ranks, const SweepBenchSettings& settings) {
  SweepBenchReport report;
  const auto mailboxes = comm::make_thread_mailboxes(ranks);
  comm::run_ranks(ranks, [&](comm::Communicator& world) {
    const auto own = run_sweep_bench(world, *mailboxes[static_cast<std::size_t>(world.rank())], files, settings);
    if (world.is_leader()) report = own;
  });
  return report;
}

TEST(BenchSweep, NoSweepIsFasterThanItsTrials) {
  for (const int ranks_per_trial : {1, 2}) {
    SimulatedFileSystem files;
    SweepBenchSettings settings = short_trials();
    settings.ranks_per_trial = ranks_per_trial;
    const auto report = bench(files, 5, settings);
    EXPECT_EQ(report.groups, 5 / ranks_per_trial);
    const double sum = std::accumulate(report.trial_seconds.begin(), report.trial_seconds.end(), 0.0);
    const auto [least, most] = std::minmax_element(report.trial_seconds.begin(), report.trial_seconds.end());
    EXPECT_EQ(report.trial_seconds.size(), 12u);
    EXPECT_GE(*least, 0.002);
    EXPECT_LE(*most, 0.006);
    EXPECT_LT(*least, *most);
    EXPECT_GE(report.ideal_seconds, sum / report.groups);
    EXPECT_GT(report.wall_seconds, report.ideal_seconds);
    EXPECT_GT(report.overhead_seconds(), 0);
    EXPECT_DOUBLE_EQ(report.busy_share(), sum / (report.groups * report.wall_seconds));
    EXPECT_LT(report.busy_share(), 1);
  }
}

TEST(BenchSweep, OutcomesOfTrialsThatEndTogetherAreMadeDurableTogether) {
  SimulatedFileSystem files;
  const auto report = bench(files, 1, short_trials());
  EXPECT_EQ(report.ledger_syncs, 12u);  // one group: nobody ends together with it
  EXPECT_LE(bench(files, 4, short_trials()).ledger_syncs, 12u);
}

TEST(BenchSweep, LeavesNothingBehind) {
  SimulatedFileSystem files;
  bench(files, 2, short_trials());
  EXPECT_TRUE(files.list_folder("/bench").empty());
}

TEST(BenchSweep, WhatCannotBeMeasuredIsRefusedOnAllRanks) {
  SimulatedFileSystem files;
  SweepBenchSettings settings = short_trials();
  settings.ranks_per_trial = 3;
  test::expect_error(Fault::usage, {"ranks-per-trial is 3", "2 ranks"}, [&] { bench(files, 2, settings); });
  settings = short_trials();
  settings.network = "perceptron";
  test::expect_error(Fault::usage, {"perceptron"}, [&] { bench(files, 2, settings); });
}

TEST(BenchSweep, ADiskThatFillsUpEndsItWithTheDisksError) {
  SimulatedFileSystem whole;
  bench(whole, 2, short_trials());
  SimulatedFileSystem files;
  files.fail_changes_from(whole.operations() / 2, ENOSPC);
  test::expect_error(Fault::storage, {"/bench"}, [&] { bench(files, 2, short_trials()); });
  EXPECT_TRUE(files.has_injected());
}

}  // namespace
}  // namespace hpctrain::tools
