// How large teams are: which trials get the ranks for which no trial is left, by forecasts and by what growing brought
// so far. Must not know letters nor the scheduler.
#pragma once

#include <functional>
#include <vector>

#include "sweep/forecast.hpp"
#include "sweep/ledger.hpp"
#include "sweep/teams.hpp"

namespace hpctrain::sweep {

/// How the ranks of a job form teams.
struct TeamRules {
  int ranks = 1;  ///< of the job
  int ranks_per_trial = 1;
  bool is_malleable = false;  ///< ranks for which no trial is left join those that train
  /// Into how many parts a step of this trial can be divided; asked where teams may grow.
  std::function<std::uint64_t(const Parameters&)> step_parts{};
  /// A whole trial on ranks_per_trial ranks; asked where teams may grow.
  std::function<TrialForecast(const Parameters&, const std::vector<LedgerEntry>& history)> forecast{};
};

class TeamPlanner {
 public:
  explicit TeamPlanner(TeamRules rules) : rules_(std::move(rules)) {}

  const TeamRules& rules() const noexcept { return rules_; }
  /// Ranks that may be given work: those that fill whole teams, where teams do not grow.
  int usable_ranks() const noexcept;
  std::uint64_t step_parts(const Trial& trial) const;

  /// Of the teams of trials that begin; larger than ranks_per_trial where `is_dealt_out` says that no others will.
  std::vector<int> plan_sizes(const std::vector<Trial>& trials, int idle_ranks, bool is_dealt_out,
                              const Ledger& ledger) const;

  /// What an evaluation of `team` tells.
  void note(Team& team, const Outlook& outlook, double now_seconds);
  /// Idle ranks that join the team of `leader`, which was just evaluated; 0: it goes on as it is.
  ///   job_seconds  until the job ends
  int plan_growth(const Teams& teams, int leader, const Ledger& ledger, double job_seconds, double now_seconds) const;
  /// Remembers what `more` ranks should bring, to be compared with what they do.
  void expect_growth(Team& team, int more) const;

 private:
  TrialWork work_of(const Team& team, const Ledger& ledger, double unknown_seconds, double now_seconds) const;

  TeamRules rules_;
  double slowdown_ = kExpectedSlowdown;
};

}  // namespace hpctrain::sweep
