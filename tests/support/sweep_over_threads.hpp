// A whole sweep whose ranks are threads: the coordinator beside rank zero, trials that the test makes up.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "comm/thread_communicator.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/group_loop.hpp"

namespace hpctrain::sweep::test_sweep {

/// Trial n has the one parameter n.
inline Trial trial_of(int number) {
  const Parameters parameters = {{"n", std::to_string(number)}};
  return {digest_parameters(parameters), parameters};
}

inline TrialPlan plan_of(std::uint64_t trials) {
  TrialPlan plan;
  plan.trials = trials;
  plan.propose = [](std::uint64_t number, const auto&) { return trial_of(static_cast<int>(number)).parameters; };
  return plan;
}

struct SweepSetup {
  SchedulerPlan scheduler{};
  TeamRules teams = {.ranks = 4, .ranks_per_trial = 2};
  std::optional<double> job_end_unix{};
  std::function<bool()> is_stop_wished{};
};

struct SweepEnd {
  std::exception_ptr failure;  ///< of the coordinator
  std::optional<std::string> stop_cause;
};

/// Trials 0 to `trials` - 1.
inline SweepEnd run_sweep(FileSystem& files, std::uint64_t trials, const RunTrial& run_trial,
                          const SweepSetup& setup = {}) {
  SweepEnd end;
  const auto mailboxes = comm::make_thread_mailboxes(setup.teams.ranks);
  comm::run_ranks(setup.teams.ranks, [&](comm::Communicator& world) {
    comm::Mailbox& mailbox = *mailboxes[static_cast<std::size_t>(world.rank())];
    if (world.rank() != 0) return run_leases(world, mailbox, run_trial);
    Ledger ledger(files, "/sweep/ledger", "one");
    TrialQueue queue(plan_of(trials), ledger);
    Coordinator coordinator(
        {mailbox, ledger, queue, setup.teams, setup.job_end_unix, {}, setup.scheduler, setup.is_stop_wished});
    std::thread serving([&] {
      try {
        coordinator.run();
      } catch (...) {
        end.failure = std::current_exception();
      }
    });
    run_leases(world, mailbox, run_trial);
    serving.join();
    end.stop_cause = coordinator.stop_cause();
  });
  return end;
}

}  // namespace hpctrain::sweep::test_sweep
