// What a user can choose about a sweep besides its axes. The option table in `apps` binds to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hpctrain::sweep {

enum class Method { grid, random, tpe };

/// Which trials are stopped before their last epoch.
enum class SchedulerKind { none, asha, median };

struct SweepSettings {
  Method method = Method::grid;
  int ranks_per_trial = 1;
  bool malleable = false;     ///< ranks for which no trial is left join those that train
  std::string metric{};       ///< empty: the task's own
  std::uint64_t trials = 20;  ///< of random and tpe
  std::uint64_t seed = 1;
  std::vector<std::string> paired{};
  SchedulerKind scheduler = SchedulerKind::none;
  std::uint64_t reduction = 3;   ///< asha: one in so many goes on past a rung
  std::uint64_t min_epochs = 1;  ///< no trial is stopped before; the first rung of asha
  std::uint64_t brackets = 1;    ///< asha: of Hyperband; trials of each have their first rung later than of the last
  int attempts = 3;
  bool dry_run = false;

  /// Every evaluation of a trial awaits a verdict.
  bool is_judging() const noexcept { return scheduler != SchedulerKind::none || malleable; }
};

}  // namespace hpctrain::sweep
