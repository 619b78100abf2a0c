#include "sweep/team_planner.hpp"

#include <algorithm>

namespace hpctrain::sweep {

int TeamPlanner::usable_ranks() const noexcept {
  return rules_.is_malleable ? rules_.ranks : rules_.ranks - rules_.ranks % rules_.ranks_per_trial;
}

std::uint64_t TeamPlanner::step_parts(const Trial& trial) const {
  return rules_.is_malleable ? rules_.step_parts(trial.parameters) : 1;
}

std::vector<int> TeamPlanner::plan_sizes(const std::vector<Trial>& trials, int idle_ranks, bool is_dealt_out,
                                         const Ledger& ledger) const {
  const int spare = idle_ranks - rules_.ranks_per_trial * static_cast<int>(trials.size());
  if (!rules_.is_malleable || !is_dealt_out || spare == 0 || trials.empty()) {
    return std::vector<int>(trials.size(), rules_.ranks_per_trial);
  }
  const auto history = ledger.entries();
  std::vector<TrialWork> works;
  for (const Trial& trial : trials) {
    works.push_back({.remaining_seconds = rules_.forecast(trial.parameters, history).seconds,
                     .ranks = rules_.ranks_per_trial,
                     .parts = step_parts(trial)});
  }
  return plan_team_sizes(works, spare, slowdown_);
}

void TeamPlanner::note(Team& team, const Outlook& outlook, double now_seconds) {
  if (team.expected_step_seconds > 0) {
    // Half of what was believed: one slow epoch says little.
    slowdown_ = (slowdown_ + std::max(1.0, outlook.seconds_per_step / team.expected_step_seconds)) / 2;
    team.expected_step_seconds = 0;
  }
  team.note(outlook, now_seconds);
}

int TeamPlanner::plan_growth(const Teams& teams, int leader, const Ledger& ledger, double job_seconds,
                             double now_seconds) const {
  const double own_seconds = work_of(teams.training().at(leader), ledger, 0, now_seconds).remaining_seconds;
  std::vector<TrialWork> works;
  std::size_t asking = 0;
  for (const auto& [other, team] : teams.training()) {
    if (!team.promised.empty()) continue;
    if (other == leader) asking = works.size();
    works.push_back(work_of(team, ledger, own_seconds, now_seconds));
    works.back().remaining_seconds = std::min(works.back().remaining_seconds, job_seconds);
  }
  return sweep::plan_growth(works, asking, teams.idle_ranks(), slowdown_);
}

void TeamPlanner::expect_growth(Team& team, int more) const {
  const auto ranks = static_cast<int>(team.ranks.size());
  const TrialWork step{.remaining_seconds = team.outlook->seconds_per_step, .ranks = ranks, .parts = team.parts};
  team.expected_step_seconds = seconds_on(step, ranks + more, 1);
}

/// A trial of which nothing is known, neither by itself nor by others, counts as long as `unknown_seconds`.
TrialWork TeamPlanner::work_of(const Team& team, const Ledger& ledger, double unknown_seconds,
                               double now_seconds) const {
  if (team.outlook) return team.work(now_seconds, 0);
  const TrialForecast forecast = rules_.forecast(team.trial.parameters, ledger.entries());
  if (!forecast.is_measured) return team.work(now_seconds, unknown_seconds + now_seconds - team.leased_seconds);
  const TrialWork whole{.remaining_seconds = forecast.seconds, .ranks = rules_.ranks_per_trial, .parts = team.parts};
  return team.work(now_seconds, seconds_on(whole, static_cast<int>(team.ranks.size()), slowdown_));
}

}  // namespace hpctrain::sweep
