#include "sweep/teams.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::sweep {

void Team::note(const Outlook& heard, double now_seconds) {
  between_scores_seconds = now_seconds - (outlook ? heard_seconds : leased_seconds);
  heard_seconds = now_seconds;
  outlook = heard;
}

TrialWork Team::work(double now_seconds, double forecast_seconds) const {
  TrialWork work{.remaining_seconds = forecast_seconds - (now_seconds - leased_seconds),
                 .ranks = static_cast<int>(ranks.size()),
                 .parts = parts};
  if (outlook) {
    const double since_seconds = now_seconds - heard_seconds;
    work.remaining_seconds = outlook->seconds_per_step * static_cast<double>(outlook->steps_left) - since_seconds;
    work.restart_seconds = outlook->restart_seconds;
    work.boundary_seconds = std::max(0.0, between_scores_seconds - since_seconds);
  }
  work.remaining_seconds = std::max(0.0, work.remaining_seconds);
  return work;
}

Teams::Teams(int ranks) : idle_(static_cast<std::size_t>(ranks)) {
  std::iota(idle_.begin(), idle_.end(), 0);
}

Team& Teams::led_by(int leader) {
  const auto found = training_.find(leader);
  require_invariant(found != training_.end(), "teams: a leader writes for a team that trains");
  return found->second;
}

std::vector<int> Teams::choose(int ranks) const {
  return {idle_.begin(), idle_.begin() + ranks};
}

Team& Teams::form(const std::vector<int>& ranks, Trial trial) {
  for (const int rank : ranks) {
    const auto place = std::find(idle_.begin(), idle_.end(), rank);
    require_invariant(place != idle_.end(), "teams: a team is made of idle ranks");
    idle_.erase(place);
  }
  const int number = numbers_.try_emplace(ranks, static_cast<int>(numbers_.size())).first->second;
  Team& team = training_[ranks.front()];
  team = {.number = number, .ranks = ranks, .trial = std::move(trial)};
  return team;
}

void Teams::promise(Team& team, int ranks) {
  // Neighbours in rank are mostly on one node.
  const auto distance = [&](int rank) {
    int nearest = std::abs(rank - team.ranks.front());
    for (const int member : team.ranks) nearest = std::min(nearest, std::abs(rank - member));
    return nearest;
  };
  std::stable_sort(idle_.begin(), idle_.end(), [&](int a, int b) { return distance(a) < distance(b); });
  team.promised.assign(idle_.begin(), idle_.begin() + ranks);
  idle_.erase(idle_.begin(), idle_.begin() + ranks);
  std::sort(idle_.begin(), idle_.end());
  std::sort(team.promised.begin(), team.promised.end());
}

Team Teams::dissolve(int leader) {
  Team team = std::move(led_by(leader));
  training_.erase(leader);
  idle_.insert(idle_.end(), team.ranks.begin(), team.ranks.end());
  idle_.insert(idle_.end(), team.promised.begin(), team.promised.end());
  std::sort(idle_.begin(), idle_.end());
  return team;
}

}  // namespace hpctrain::sweep
