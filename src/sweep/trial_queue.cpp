#include "sweep/trial_queue.hpp"

#include <utility>

#include "core/error.hpp"

namespace hpctrain::sweep {

TrialQueue::TrialQueue(TrialPlan plan, Ledger& ledger) : plan_(std::move(plan)), ledger_(ledger) {
  if (plan_.is_fixed) {
    take_unfinished_of_plan();
    return;
  }
  for (const auto& entry : ledger_.entries()) {
    seen_.insert(entry.trial.digest);
    if (plan_.owns && !plan_.owns(entry.trial)) continue;
    if (!is_final(entry.outcome.state)) unfinished_.push_back(entry.trial);
    ++number_;
  }
}

/// What the axes do not name any more stays as it is.
void TrialQueue::take_unfinished_of_plan() {
  for (std::uint64_t number = 0; number < plan_.trials; ++number) {
    Parameters parameters = plan_.propose(number, {});
    std::string digest = plan_.identify(parameters);
    const LedgerEntry* entry = ledger_.find(digest);
    if (entry == nullptr || is_final(entry->outcome.state) || !seen_.insert(digest).second) continue;
    unfinished_.push_back({std::move(digest), std::move(parameters)});
  }
}

bool TrialQueue::is_used_up() {
  if (!unfinished_.empty()) return false;
  if (!plan_.is_fixed) return number_ >= plan_.trials;
  std::optional<Trial> next = propose_next();
  if (!next) return true;
  unfinished_.push_front(std::move(*next));
  return false;
}

void TrialQueue::lease(const Trial& trial) {
  ledger_.add_lease(trial, step_of(trial));
}

void TrialQueue::put_back(Trial trial) {
  unfinished_.push_front(std::move(trial));
}

std::optional<Trial> TrialQueue::choose() {
  while (true) {
    std::optional<Trial> trial;
    if (!unfinished_.empty()) {
      trial = std::move(unfinished_.front());
      unfinished_.pop_front();
    } else {
      trial = propose_next();
    }
    if (!trial) return std::nullopt;
    if (!was_stopped(*trial) && !was_started_too_often(*trial)) return trial;
  }
}

std::optional<Trial> TrialQueue::propose_next() {
  while (number_ < plan_.trials) {
    Parameters parameters = plan_.propose(number_++, ledger_.entries());
    std::string digest = plan_.identify(parameters);
    if (!seen_.insert(digest).second) continue;
    const LedgerEntry* entry = ledger_.find(digest);
    if (entry != nullptr && is_final(entry->outcome.state)) continue;
    return Trial{std::move(digest), std::move(parameters)};
  }
  return std::nullopt;
}

/// Its last checkpoint may lie behind the score that it was stopped at: run again, it would pass that epoch unasked.
bool TrialQueue::was_stopped(const Trial& trial) {
  const LedgerEntry* entry = ledger_.find(trial.digest);
  if (entry == nullptr || entry->scores.empty() || !entry->scores.back().stops) return false;
  ledger_.add_outcome(trial.digest, outcome_of_stop(entry->scores.back().score));
  return true;
}

bool TrialQueue::was_started_too_often(const Trial& trial) {
  const LedgerEntry* entry = ledger_.find(trial.digest);
  if (entry == nullptr || entry->attempts < plan_.attempts) return false;
  if (step_of(trial) > entry->leased_step) return false;
  TrialOutcome outcome{TrialState::failed};
  // Not 75, by which a job script starts the sweep again.
  outcome.code = exit_code(Fault::bug);
  outcome.message = "started " + std::to_string(entry->attempts) +
                    " times without getting further, and each time the whole job ended with it";
  ledger_.add_outcome(trial.digest, outcome);
  return true;
}

}  // namespace hpctrain::sweep
