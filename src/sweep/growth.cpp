#include "sweep/growth.hpp"

#include <algorithm>
#include <optional>

#include "core/integer_division.hpp"

namespace hpctrain::sweep {
namespace {

double largest_share(std::uint64_t parts, int ranks) {
  const auto divisor = static_cast<std::uint64_t>(ranks);
  const std::uint64_t share = (parts + divisor - 1) / divisor;
  return static_cast<double>(share);
}

/// The fewest ranks, more than `ranks`, on which the trial ends sooner. A step of 8 parts is no faster on 5 ranks than
/// on 4.
std::optional<int> find_faster(const TrialWork& work, int ranks, int free_ranks, double slowdown) {
  const double now = seconds_on(work, ranks, slowdown);
  for (int more = ranks + 1; more <= ranks + free_ranks && static_cast<std::uint64_t>(more) <= work.parts; ++more) {
    if (seconds_on(work, more, slowdown) < now) return more;
  }
  return std::nullopt;
}

}  // namespace

double seconds_on(const TrialWork& work, int ranks, double slowdown) {
  if (ranks == work.ranks) return work.remaining_seconds;
  const double share = largest_share(work.parts, ranks) / largest_share(work.parts, work.ranks);
  return work.remaining_seconds * share * slowdown + work.restart_seconds;
}

std::vector<int> plan_team_sizes(const std::vector<TrialWork>& works, int free_ranks, double slowdown) {
  std::vector<int> sizes;
  for (const TrialWork& work : works) sizes.push_back(work.ranks);
  while (true) {
    std::optional<std::size_t> longest;
    int longest_size = 0;
    double longest_seconds = 0;
    for (std::size_t i = 0; i < works.size(); ++i) {
      const double seconds = seconds_on(works[i], sizes[i], slowdown);
      if (longest && seconds <= longest_seconds) continue;
      const auto faster = find_faster(works[i], sizes[i], free_ranks, slowdown);
      if (!faster) continue;
      longest = i;
      longest_size = *faster;
      longest_seconds = seconds;
    }
    if (!longest) return sizes;
    free_ranks -= longest_size - sizes[*longest];
    sizes[*longest] = longest_size;
  }
}

int plan_growth(const std::vector<TrialWork>& works, std::size_t asking, int free_ranks, double slowdown) {
  const TrialWork& own = works.at(asking);
  double soonest_seconds = own.remaining_seconds;
  for (int ranks = own.ranks + 1; ranks <= own.ranks + free_ranks; ++ranks) {
    soonest_seconds = std::min(soonest_seconds, seconds_on(own, ranks, slowdown));
  }
  // First, for of equally long ones the one that can change now is given the ranks.
  std::vector<TrialWork> rivals = {own};
  for (std::size_t i = 0; i < works.size(); ++i) {
    const double boundary_seconds = works[i].boundary_seconds;
    const bool comes_in_time = boundary_seconds < soonest_seconds && boundary_seconds < works[i].remaining_seconds;
    if (i != asking && comes_in_time) rivals.push_back(works[i]);
  }
  return plan_team_sizes(rivals, free_ranks, slowdown).front() - own.ranks;
}

}  // namespace hpctrain::sweep
