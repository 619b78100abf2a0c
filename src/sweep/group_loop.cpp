#include "sweep/group_loop.hpp"

#include <exception>
#include <map>
#include <memory>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/letters.hpp"

namespace hpctrain::sweep {
namespace {

/// The leader's letter and the answer to it, on all ranks.
std::string ask_coordinator(comm::Communicator& team, comm::Mailbox& mailbox, const std::string& letter) {
  std::string answer;
  if (team.is_leader()) {
    mailbox.send(0, kToCoordinator, letter);
    answer = mailbox.receive(kToRank).text;
  }
  return comm::broadcast_text(team, answer, 0);
}

TrialOutcome run_or_fail(const Trial& trial, comm::Communicator& team, comm::Mailbox& mailbox,
                         const RunTrial& run_trial, bool are_judged) {
  const Stopwatch stopwatch;
  const AskVerdict ask_verdict = [&](Score score, const Outlook& outlook) {
    score.seconds = stopwatch.seconds();
    const auto letter = write_score({trial.digest, score, outlook, are_judged});
    if (!are_judged) {
      if (team.is_leader()) mailbox.send(0, kToCoordinator, letter);
      return Verdict::go_on;
    }
    const Verdict verdict = read_verdict(ask_coordinator(team, mailbox, letter));
    if (verdict == Verdict::leave) {
      throw Error(Fault::stopped, "the sweep ends before this score could be kept; its next start asks again")
          .as_agreed();
    }
    return verdict;
  };
  TrialOutcome outcome;
  try {
    outcome = run_trial(trial, team, ask_verdict);
  } catch (const Error& error) {
    // Ranks that still wait in a collective of the trial cannot be called back.
    if (!error.is_agreed() && team.size() > 1) throw;
    outcome = {TrialState::failed};
    outcome.code = exit_code(error.fault());
    outcome.message = error.what();
  } catch (const std::exception& error) {
    if (team.size() > 1) throw;
    outcome = {TrialState::failed};
    outcome.code = exit_code(Fault::bug);
    outcome.message = error.what();
  }
  outcome.seconds = stopwatch.seconds();
  return outcome;
}

}  // namespace

void run_leases(comm::Communicator& world, comm::Mailbox& mailbox, const RunTrial& run_trial, bool are_judged) {
  std::map<int, std::unique_ptr<comm::Communicator>> teams;  // by number; they come again
  while (const auto lease = read_lease(mailbox.receive(kToRank).text)) {
    auto& team = teams[lease->team];
    if (!team) team = world.create_team(lease->ranks, lease->team);
    const TrialOutcome outcome = run_or_fail(lease->trial, *team, mailbox, run_trial, are_judged);
    if (team->is_leader()) mailbox.send(0, kToCoordinator, write_report({lease->trial.digest, outcome}));
  }
  // In the same order on all ranks: freeing a communicator may wait for its other members.
  while (!teams.empty()) teams.erase(teams.begin());
}

int plan_groups(int world, int ranks_per_trial) {
  require(ranks_per_trial <= world, Fault::usage,
          "sweep.ranks-per-trial is " + std::to_string(ranks_per_trial) + " and the job has " + std::to_string(world) +
              (world == 1 ? " rank" : " ranks") + "; start more ranks (mpirun -np, srun -n), or lower it");
  return world / ranks_per_trial;
}

}  // namespace hpctrain::sweep
