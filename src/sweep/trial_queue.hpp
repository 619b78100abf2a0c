// Which trial comes next: those that earlier starts left unfinished, then new points of the method. Must not know who
// asks nor how trials are run.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sweep/ledger.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// Point `number`, knowing how the trials so far ended. Equal arguments, equal point.
using Propose = std::function<Parameters(std::uint64_t number, const std::vector<LedgerEntry>& history)>;

struct TrialPlan {
  std::uint64_t trials = 0;
  Propose propose;
  /// True where point n is the same whatever the history: a start then goes through the points from the first.
  bool is_fixed = true;
  Identify identify = digest_parameters;
  /// Whether an entry of the ledger is of this plan: earlier starts may have had other axes and options. None: all are.
  std::function<bool(const Trial&)> owns{};
  /// Starts of one trial that end neither well nor with an error nor further on, before it counts as failed.
  int attempts = 3;
  /// Step of a trial's newest checkpoint, 0 where it has none. None: nobody knows.
  std::function<std::uint64_t(const Trial&)> progress{};
};

class TrialQueue {
 public:
  TrialQueue(TrialPlan plan, Ledger& ledger);

  /// The next trial, to be leased or put back; empty when none is left. Trials that were started too often end as
  /// failed here; those that the scheduler stopped before their end could be written end as stopped.
  std::optional<Trial> choose();
  /// Whether choose() would find none; of a method that looks at results, whether all its points were proposed.
  bool is_used_up();
  /// Writes that a chosen trial is handed out now.
  void lease(const Trial& trial);
  /// Left for the next choice, or for another start.
  void put_back(Trial trial);

 private:
  std::optional<Trial> propose_next();
  void take_unfinished_of_plan();
  bool was_stopped(const Trial& trial);
  bool was_started_too_often(const Trial& trial);
  std::uint64_t step_of(const Trial& trial) const { return plan_.progress ? plan_.progress(trial) : 0; }

  TrialPlan plan_;
  Ledger& ledger_;
  std::deque<Trial> unfinished_;
  std::set<std::string> seen_;  ///< handed out or found finished in this start
  std::uint64_t number_ = 0;
};

}  // namespace hpctrain::sweep
