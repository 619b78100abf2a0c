#include <gtest/gtest.h>

#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "comm/thread_communicator.hpp"
#include "core/simulated_file_system.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/group_loop.hpp"
#include "sweep/letters.hpp"

namespace hpctrain::sweep {
namespace {

/// Four trials, numbered from 0, one after another on one group of one rank.
std::vector<LedgerEntry> run_on_one_rank(const RunTrial& run_trial) {
  SimulatedFileSystem files;
  Ledger ledger(files, "/sweep/ledger", "one");
  TrialPlan plan;
  plan.trials = 4;
  plan.propose = [](std::uint64_t number, const auto&) { return Parameters{{"n", std::to_string(number)}}; };
  TrialQueue queue(plan, ledger);
  const auto mailboxes = comm::make_thread_mailboxes(1);
  Coordinator coordinator({*mailboxes[0], ledger, queue});
  std::thread serving([&] { coordinator.run(); });
  const auto group = comm::make_single_rank_communicator();
  run_leases(*group, *mailboxes[0], run_trial);
  serving.join();
  return ledger.entries();
}

TEST(FailingTrial, WhateverATrialThrowsOnARankOfItsOwnIsThatTrialsEndOnly) {
  const auto entries = run_on_one_rank([](const Trial& trial, auto&, const auto&) -> TrialOutcome {
    const std::string& number = trial.parameters[0].second;
    if (number == "0") throw std::bad_alloc();
    if (number == "1") throw std::runtime_error("a layer of another shape");
    if (number == "2") throw Error(Fault::storage, "disk full");
    return {};
  });
  ASSERT_EQ(entries.size(), 4u);
  for (const LedgerEntry& entry : entries) {
    const std::map<std::string, int> codes = {{"0", 70}, {"1", 70}, {"2", 74}, {"3", 0}};
    const int code = codes.at(entry.trial.parameters[0].second);
    EXPECT_EQ(entry.outcome.state, code == 0 ? TrialState::done : TrialState::failed);
    EXPECT_EQ(entry.outcome.code, code);
    EXPECT_EQ(entry.outcome.message.empty(), code == 0);
    EXPECT_EQ(entry.leases, 1);
  }
}

TEST(FailingTrial, WhatOneRankOfAGroupThrowsAloneEndsTheJob) {
  // The other rank may wait in a collective of the trial, from which nobody can call it back.
  const auto mailboxes = comm::make_thread_mailboxes(2);
  for (const int rank : {0, 1}) mailboxes[1]->send(rank, kToRank, write_lease(Lease{{"d", {{"n", "0"}}}, {0, 1}, 0}));
  const auto run = [&] {
    comm::run_ranks(2, [&](comm::Communicator& group) {
      run_leases(group, *mailboxes[static_cast<std::size_t>(group.rank())],
                 [](const Trial&, auto&, const auto&) -> TrialOutcome { throw std::runtime_error("no memory"); });
    });
  };
  EXPECT_THROW(run(), std::runtime_error);
}

}  // namespace
}  // namespace hpctrain::sweep
