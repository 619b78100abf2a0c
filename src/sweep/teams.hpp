// Which ranks train what together, and which have nothing to do. Bookkeeping alone: must not know letters, ledger nor
// how teams are chosen.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "sweep/growth.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// Ranks that train one trial together.
struct Team {
  int number = 0;          ///< equal ranks in equal order, equal number
  std::vector<int> ranks;  ///< of the world; the first one is the leader
  Trial trial;
  std::uint64_t parts = 1;            ///< of a step, for TrialWork
  double leased_seconds = 0;          ///< of the steady clock
  double spent_seconds = 0;           ///< on the trial in this start, by smaller teams before
  std::vector<int> promised{};        ///< ranks that join the trial once it has paused
  double expected_step_seconds = 0;   ///< by the largest share alone, where ranks have joined; 0: unknown
  std::optional<Outlook> outlook{};   ///< of the last evaluation
  double heard_seconds = 0;           ///< when that was
  double between_scores_seconds = 0;  ///< the last two, or lease and first

  /// What was heard at an evaluation.
  void note(const Outlook& heard, double now_seconds);
  /// What is left, by the last evaluation; `forecast_seconds` for a trial that had none yet.
  TrialWork work(double now_seconds, double forecast_seconds) const;
};

class Teams {
 public:
  /// All ranks of the world below `ranks`, with nothing to do.
  explicit Teams(int ranks);

  int idle_ranks() const noexcept { return static_cast<int>(idle_.size()); }
  const std::map<int, Team>& training() const noexcept { return training_; }
  /// Of this leader.
  ///   errors  Fault::bug when it leads none
  Team& led_by(int leader);

  /// The first idle ranks.
  std::vector<int> choose(int ranks) const;
  /// A team of idle ranks trains `trial`.
  Team& form(const std::vector<int>& ranks, Trial trial);
  /// The idle ranks nearest to `team` have something to do: they wait for it.
  void promise(Team& team, int ranks);
  /// Its ranks, and those promised to it, are idle.
  Team dissolve(int leader);

 private:
  std::vector<int> idle_;         ///< in order
  std::map<int, Team> training_;  ///< by leader
  std::map<std::vector<int>, int> numbers_;
};

}  // namespace hpctrain::sweep
