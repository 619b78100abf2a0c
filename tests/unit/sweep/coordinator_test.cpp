#include "sweep/coordinator.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "comm/thread_communicator.hpp"
#include "core/simulated_file_system.hpp"
#include "support/expect_error.hpp"
#include "sweep/group_loop.hpp"

namespace hpctrain::sweep {
namespace {

/// A sweep of `trials` over four ranks in groups of two, the coordinator beside rank zero.
void run_sweep(FileSystem& files, std::uint64_t trials, const RunTrial& run_trial) {
  const auto mailboxes = comm::make_thread_mailboxes(4);
  comm::run_ranks(4, [&](comm::Communicator& world) {
    const auto group = world.split(world.rank() / 2, world.rank());
    comm::Mailbox& mailbox = *mailboxes[static_cast<std::size_t>(world.rank())];
    if (world.rank() != 0) return run_group(*group, mailbox, run_trial);
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialPlan plan;
    plan.trials = trials;
    plan.propose = [](std::uint64_t number, const auto&) { return Parameters{{"n", std::to_string(number)}}; };
    TrialQueue queue(plan, ledger);
    Coordinator coordinator({mailbox, ledger, queue, 2});
    std::thread serving([&] { coordinator.run(); });
    run_group(*group, mailbox, run_trial);
    serving.join();
  });
}

TEST(Coordinator, EveryTrialEndsOnceWithTheMetricOfTheGroupThatRanIt) {
  SimulatedFileSystem files;
  run_sweep(files, 9, [](const Trial& trial, comm::Communicator& group) {
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
  run_sweep(files, 5, [](const Trial& trial, comm::Communicator&) -> TrialOutcome {
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
  run_sweep(files, 4, [](const Trial&, comm::Communicator&) { return TrialOutcome{TrialState::paused}; });
  run_sweep(files, 4, [](const Trial&, comm::Communicator&) { return TrialOutcome{TrialState::done}; });
  const Ledger ledger(files, "/sweep/ledger", "one");
  ASSERT_EQ(ledger.entries().size(), 4u);
  for (const auto& entry : ledger.entries()) EXPECT_EQ(entry.outcome.state, TrialState::done);
}

TEST(Groups, MoreRanksPerTrialThanRanksIsRefused) {
  EXPECT_EQ(plan_groups(7, 2), 3);
  test::expect_error(Fault::usage, {"sweep.ranks-per-trial is 4", "3 ranks"}, [] { plan_groups(3, 4); });
}

}  // namespace
}  // namespace hpctrain::sweep
