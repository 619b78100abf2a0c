// A group's side of a sweep: asks for a trial, runs it, says how it ended, until nothing is left. Must not know what
// running a trial means.
#pragma once

#include <functional>

#include "comm/communicator.hpp"
#include "comm/mailbox.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// Tells the coordinator what an evaluation gave and, where a scheduler judges trials, waits for its verdict: true when
/// the trial is stopped.
///   collective  all ranks of the group
///   errors      Fault::stopped, agreed, when the coordinator could not write the score down
using AskVerdict = std::function<bool(const Score& score)>;

/// Runs one trial on all ranks of the group and returns how it ended.   (collective over the group)
using RunTrial =
    std::function<TrialOutcome(const Trial& trial, comm::Communicator& group, const AskVerdict& ask_verdict)>;

/// An error that all ranks of the group agree on, or any error in a group of one, is that trial's end, not the sweep's.
///   are_judged  scores await a verdict; else they are told for people to see, and the trial goes on at once
///   collective  all ranks of `group`
///   errors      any other error of `run_trial`
void run_group(comm::Communicator& group, comm::Mailbox& mailbox, const RunTrial& run_trial, bool are_judged = true);

/// Groups of `ranks_per_trial` neighbours; ranks that fill no group help in none.
///   errors  Fault::usage when there are fewer ranks than one trial takes
int plan_groups(int world, int ranks_per_trial);

}  // namespace hpctrain::sweep
