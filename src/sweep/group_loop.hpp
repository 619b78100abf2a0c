// A rank's side of a sweep: takes leases, trains each with the team it names, says how it ended, until nothing is left.
// Must not know what running a trial means.
#pragma once

#include <functional>

#include "comm/communicator.hpp"
#include "comm/mailbox.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// Tells the coordinator what an evaluation gave and, where trials are judged, waits for its verdict, which is never
/// Verdict::leave.
///   collective  all ranks of the team
///   errors      Fault::stopped, agreed, when the coordinator could not write the score down
using AskVerdict = std::function<Verdict(const Score& score, const Outlook& outlook)>;

/// Runs one trial on all ranks of the team and returns how it ended.   (collective over the team)
using RunTrial =
    std::function<TrialOutcome(const Trial& trial, comm::Communicator& team, const AskVerdict& ask_verdict)>;

/// Until the coordinator says that nothing is left. An error that all ranks of a team agree on, or any error in a team
/// of one, is that trial's end, not the sweep's.
///   are_judged  scores await a verdict; else they are told for people to see, and the trial goes on at once
///   collective  all ranks of `world`, whatever teams they are called to
///   blocks      asleep while this rank has nothing to do
///   errors      any other error of `run_trial`
void run_leases(comm::Communicator& world, comm::Mailbox& mailbox, const RunTrial& run_trial, bool are_judged = true);

/// Teams of `ranks_per_trial` neighbours; ranks that fill none train nothing, unless teams may grow.
///   errors  Fault::usage when there are fewer ranks than one trial takes
int plan_groups(int world, int ranks_per_trial);

}  // namespace hpctrain::sweep
