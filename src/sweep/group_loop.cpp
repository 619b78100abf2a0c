#include "sweep/group_loop.hpp"

#include <exception>
#include <optional>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/letters.hpp"

namespace hpctrain::sweep {
namespace {

TrialOutcome run_or_fail(const Trial& trial, comm::Communicator& group, const RunTrial& run_trial) {
  const Stopwatch stopwatch;
  TrialOutcome outcome;
  try {
    outcome = run_trial(trial, group);
  } catch (const Error& error) {
    // Ranks that still wait in a collective of the trial cannot be called back.
    if (!error.is_agreed() && group.size() > 1) throw;
    outcome = {TrialState::failed};
    outcome.code = exit_code(error.fault());
    outcome.message = error.what();
  } catch (const std::exception& error) {
    if (group.size() > 1) throw;
    outcome = {TrialState::failed};
    outcome.code = exit_code(Fault::bug);
    outcome.message = error.what();
  }
  outcome.seconds = stopwatch.seconds();
  return outcome;
}

}  // namespace

void run_group(comm::Communicator& group, comm::Mailbox& mailbox, const RunTrial& run_trial) {
  std::optional<TrialReport> report;
  while (true) {
    std::string lease;
    if (group.is_leader()) {
      mailbox.send(0, kToCoordinator, write_request(report));
      lease = mailbox.receive(kToGroup).text;
    }
    const auto trial = read_lease(comm::broadcast_text(group, lease, 0));
    if (!trial) return;
    report = TrialReport{trial->digest, run_or_fail(*trial, group, run_trial)};
  }
}

int plan_groups(int world, int ranks_per_trial) {
  require(ranks_per_trial <= world, Fault::usage,
          "sweep.ranks-per-trial is " + std::to_string(ranks_per_trial) + " and the job has " + std::to_string(world) +
              (world == 1 ? " rank" : " ranks") + "; start more ranks (mpirun -np, srun -n), or lower it");
  return world / ranks_per_trial;
}

}  // namespace hpctrain::sweep
