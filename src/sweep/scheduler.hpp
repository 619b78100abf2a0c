// Which trials are stopped before their last epoch, from the scores of all trials after as many epochs. Pure: the same
// ledger, the same decision. Must not know who asks nor how trials are run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/ledger.hpp"
#include "sweep/settings.hpp"

namespace hpctrain::sweep {

struct SchedulerPlan {
  SchedulerKind kind = SchedulerKind::none;
  std::uint64_t reduction = 3;
  std::uint64_t min_epochs = 1;
  std::uint64_t brackets = 1;
  std::uint64_t evaluate_epochs = 1;  ///< trials have a score after every so many epochs
  bool is_smaller_better = false;
};

/// Bracket of a trial under ASHA, from 0; drawn by its name, so that it is the same whoever asks and whenever. Shares
/// are those of Hyperband: brackets of shorter trials get more of them, so that each costs about the same.
///   source  Li et al.: Hyperband; JMLR 18 (2018), algorithm 1
std::uint64_t bracket_of(const SchedulerPlan& plan, const std::string& digest);

/// True when the trial `digest` is compared with others after `epoch` epochs. ASHA: at a rung, the first evaluation at
/// or after min_epochs · reduction^k epochs, where k counts from its bracket. Median: always, for the averages need all
/// scores.
bool is_judged(const SchedulerPlan& plan, const std::string& digest, std::uint64_t epoch);

/// Whether the trial `digest` ends with `score`, which `history` does not hold yet. ASHA: unless it is among the best
/// n / reduction, one at least, of the n scores seen at this rung of its bracket. Median: when its best score so far is
/// worse than the median of what others, three at least, that came as far had on average up to there.
///   source  Li et al.: A System for Massively Parallel Hyperparameter Tuning; MLSys 2020 (the variant that stops)
///           Golovin et al.: Google Vizier; KDD 2017, section 3.2.2
bool must_stop(const SchedulerPlan& plan, const std::vector<LedgerEntry>& history, const std::string& digest,
               const Score& score);

}  // namespace hpctrain::sweep
