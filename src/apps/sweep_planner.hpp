// What the options of a sweep say about its trials: their points and order, their names, when they are stopped, how
// long they take. Has settings of its own, for trials are named on the coordinator's thread while others train.
#pragma once

#include <string>
#include <vector>

#include "apps/command_input.hpp"
#include "apps/commands.hpp"
#include "sweep/forecast.hpp"
#include "sweep/scheduler.hpp"
#include "sweep/space.hpp"
#include "sweep/team_planner.hpp"
#include "sweep/trial_queue.hpp"

namespace hpctrain::apps {

class SweepPlanner {
 public:
  ///   errors  Fault::usage
  void resolve(const Arguments& arguments);

  const sweep::Space& space() const noexcept { return space_; }
  /// That decides; the task's own where the user named none.
  const std::string& metric() const noexcept { return metric_; }

  /// Of what all starts of one sweep have in common; axes may change, other options name other trials.
  std::string sweep_digest() const;
  sweep::SchedulerPlan make_scheduler() const;
  /// Of teams on the job's ranks. The rules refer to this planner.
  sweep::TeamRules make_team_rules(int ranks);
  /// Grids are dealt longest first, by the durations in `history`. The plan refers to this planner.
  sweep::TrialPlan make_plan(const std::vector<sweep::LedgerEntry>& history);
  /// The points of a plan that is fixed, each once, in its order; none of another one.
  std::vector<sweep::Trial> list_trials(const sweep::TrialPlan& plan) const;
  /// As many as `points`, which list_trials() gave, or as the method will propose.
  static std::uint64_t count_trials(const sweep::TrialPlan& plan, const std::vector<sweep::Trial>& points) {
    return plan.is_fixed ? points.size() : plan.trials;
  }
  /// Of trials of these axes and options that were trained in one go.
  std::vector<sweep::Duration> known_durations(const std::vector<sweep::LedgerEntry>& history);
  /// The entries of these axes and options: earlier starts may have had others.
  std::vector<sweep::LedgerEntry> select_own(const std::vector<sweep::LedgerEntry>& history);
  /// "2 of 6 trials have ended; the others take about 4 min 05 s, by the durations of 2".
  std::string describe_forecast(const sweep::TrialPlan& plan, const std::vector<sweep::LedgerEntry>& history,
                                int groups);

 private:
  void assign(const sweep::Parameters& parameters);
  std::string name_trial(const sweep::Parameters& parameters);
  std::uint64_t step_parts(const sweep::Parameters& parameters);
  std::vector<sweep::Parameters> plan_longest_first(const std::vector<sweep::LedgerEntry>& history);
  sweep::Parameters propose_by_tpe(std::uint64_t number, const std::vector<sweep::LedgerEntry>& history);
  bool is_own(const sweep::Trial& trial);

  CommandInput input_;
  sweep::Space space_;
  std::string metric_;
};

}  // namespace hpctrain::apps
