// Which trials get the ranks that have nothing else to do. Pure: forecasts in, numbers of ranks out. Must not know
// which ranks these are, nor who asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hpctrain::sweep {

/// What is left of a trial.
struct TrialWork {
  double remaining_seconds = 0;  ///< on the ranks it has
  int ranks = 1;
  std::uint64_t parts = 1;      ///< of a step, dealt to the ranks: the largest share decides, more ranks find no work
  double restart_seconds = 0;   ///< lost when its ranks change
  double boundary_seconds = 0;  ///< until its ranks may change; 0: now
};

/// How much longer a step on more ranks takes than the largest share says, until it was measured.
inline constexpr double kExpectedSlowdown = 1.25;

/// Seconds until `work` is over on another number of ranks.
double seconds_on(const TrialWork& work, int ranks, double slowdown);

/// Ranks of each trial where `free_ranks` join them: always the one that would end last gets as many as make it end
/// sooner, the cost of its restart included.
std::vector<int> plan_team_sizes(const std::vector<TrialWork>& works, int free_ranks, double slowdown);

/// Ranks that join the trial `asking`, which stands at a boundary, while `free_ranks` have nothing to do; 0: it goes on
/// as it is. Trials that end later have the ranks first, unless this one is over before they could take them.
int plan_growth(const std::vector<TrialWork>& works, std::size_t asking, int free_ranks, double slowdown);

}  // namespace hpctrain::sweep
