#include "sweep/group_loop.hpp"

#include <exception>
#include <optional>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/letters.hpp"

namespace hpctrain::sweep {
namespace {

/// The leader's letter and the answer to it, on all ranks.
std::string ask_coordinator(comm::Communicator& group, comm::Mailbox& mailbox, const std::string& letter) {
  std::string answer;
  if (group.is_leader()) {
    mailbox.send(0, kToCoordinator, letter);
    answer = mailbox.receive(kToGroup).text;
  }
  return comm::broadcast_text(group, answer, 0);
}

TrialOutcome run_or_fail(const Trial& trial, comm::Communicator& group, comm::Mailbox& mailbox,
                         const RunTrial& run_trial, bool are_judged) {
  const Stopwatch stopwatch;
  const AskVerdict ask_verdict = [&](Score score) {
    score.seconds = stopwatch.seconds();
    if (!are_judged) {
      if (group.is_leader()) mailbox.send(0, kToCoordinator, write_score({trial.digest, score, false}));
      return false;
    }
    const Verdict verdict = read_verdict(ask_coordinator(group, mailbox, write_score({trial.digest, score})));
    if (verdict == Verdict::leave) {
      throw Error(Fault::stopped, "the sweep ends before this score could be kept; its next start asks again")
          .as_agreed();
    }
    return verdict == Verdict::stop;
  };
  TrialOutcome outcome;
  try {
    outcome = run_trial(trial, group, ask_verdict);
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

void run_group(comm::Communicator& group, comm::Mailbox& mailbox, const RunTrial& run_trial, bool are_judged) {
  std::optional<TrialReport> report;
  while (true) {
    const auto trial = read_lease(ask_coordinator(group, mailbox, write_request(report)));
    if (!trial) return;
    report = TrialReport{trial->digest, run_or_fail(*trial, group, mailbox, run_trial, are_judged)};
  }
}

int plan_groups(int world, int ranks_per_trial) {
  require(ranks_per_trial <= world, Fault::usage,
          "sweep.ranks-per-trial is " + std::to_string(ranks_per_trial) + " and the job has " + std::to_string(world) +
              (world == 1 ? " rank" : " ranks") + "; start more ranks (mpirun -np, srun -n), or lower it");
  return world / ranks_per_trial;
}

}  // namespace hpctrain::sweep
