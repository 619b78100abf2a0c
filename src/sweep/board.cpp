#include "sweep/board.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace hpctrain::sweep {
namespace {

/// More would cost time in a process that trains, and tell little.
constexpr std::size_t kMostDurations = 1000;

}  // namespace

double BoardView::busy_share() const noexcept {
  return elapsed_seconds > 0 ? busy_rank_seconds / (elapsed_seconds * ranks) : 0;
}

Board::Board(BoardPlan plan, const std::vector<LedgerEntry>& history, double now_seconds)
    : plan_(std::move(plan)),
      started_seconds_(now_seconds),
      estimate_(plan_.known),
      estimated_from_(plan_.known.size()) {
  for (const LedgerEntry& entry : history) {
    // What is planned by number alone is whatever has been tried of the plan.
    Known& known = trials_[entry.trial.digest];
    const bool is_planned = plan_.points.empty() && (!plan_.owns || plan_.owns(entry.trial));
    known = {entry.trial.parameters, entry.outcome.state, is_planned, entry.leases, places_++};
    note_best(known, entry.outcome);
  }
  for (const Trial& point : plan_.points) {
    Known& known = trials_[point.digest];
    known.parameters = point.parameters;
    known.is_planned = true;
  }
}

void Board::note_lease(const std::vector<int>& ranks, const Trial& trial, double now_seconds) {
  const std::lock_guard lock(mutex_);
  Known& known = trials_[trial.digest];
  known.parameters = trial.parameters;
  known.is_planned = true;
  if (known.leases++ == 0) known.place = places_++;
  leases_[ranks.front()] = {trial.digest, ranks, now_seconds, std::nullopt};
}

void Board::note_score(const std::string& digest, const Score& score) {
  const std::lock_guard lock(mutex_);
  for (auto& [leader, lease] : leases_) {
    if (lease.digest == digest) lease.last = score;
  }
}

void Board::note_outcome(const std::string& digest, const TrialOutcome& outcome, double now_seconds) {
  const std::lock_guard lock(mutex_);
  Known& known = trials_[digest];
  known.state = outcome.state;
  note_best(known, outcome);
  const auto lease =
      std::find_if(leases_.begin(), leases_.end(), [&](const auto& entry) { return entry.second.digest == digest; });
  if (lease == leases_.end()) return;  // ended without having been handed out
  const auto ranks = static_cast<double>(lease->second.ranks.size());
  booked_rank_seconds_ += ranks * (now_seconds - lease->second.since_seconds);
  leases_.erase(lease);
  // Of a trial that was cut off only the last part is known.
  const bool is_whole = outcome.state == TrialState::done && known.leases == 1;
  if (is_whole && plan_.known.size() < kMostDurations) plan_.known.push_back({known.parameters, outcome.seconds});
}

/// Of equal ones the first that was begun, as the results sort them.
void Board::note_best(const Known& trial, const TrialOutcome& outcome) {
  if (outcome.state != TrialState::done || !outcome.metric) return;
  const double metric = *outcome.metric;
  const bool is_equal = best_ && metric == best_->metric;
  const bool is_better = !best_ || (plan_.is_smaller_better ? metric < best_->metric : metric > best_->metric);
  if (!is_better && !(is_equal && trial.place < best_place_)) return;
  best_ = BestTrial{trial.parameters, metric};
  best_place_ = trial.place;
}

BoardView Board::view(double now_seconds) {
  const std::lock_guard lock(mutex_);
  BoardView view;
  view.best = best_;
  view.is_upper_bound = plan_.may_stop_early;
  view.elapsed_seconds = now_seconds - started_seconds_;
  view.ranks = plan_.ranks;
  view.busy_rank_seconds = booked_rank_seconds_;
  add_running(view, now_seconds);
  count_trials(view);
  view.seconds_left = forecast(view);
  return view;
}

void Board::add_running(BoardView& view, double now_seconds) const {
  for (const auto& [leader, lease] : leases_) {
    const double seconds = now_seconds - lease.since_seconds;
    view.running.push_back({lease.ranks, trials_.at(lease.digest).parameters, seconds, lease.last});
    view.busy_ranks += static_cast<int>(lease.ranks.size());
    view.busy_rank_seconds += static_cast<double>(lease.ranks.size()) * seconds;
  }
}

void Board::count_trials(BoardView& view) const {
  for (const auto& [digest, known] : trials_) {
    if (!known.is_planned) continue;
    view.done += known.state == TrialState::done ? 1 : 0;
    view.failed += known.state == TrialState::failed ? 1 : 0;
    view.stopped += known.state == TrialState::stopped ? 1 : 0;
  }
  const std::uint64_t begun = view.ended() + view.running.size();
  view.trials = std::max(plan_.trials, begun);
  view.queued = view.trials - begun;
}

std::optional<double> Board::forecast(const BoardView& view) {
  if (view.queued == 0 && view.running.empty()) return 0;
  if (plan_.known.empty()) return std::nullopt;
  // Fitted anew when a twentieth more is known: on thousands of trials a fit takes a while.
  if (plan_.known.size() * 20 >= estimated_from_ * 21) {
    estimate_ = DurationEstimate(plan_.known);
    estimated_from_ = plan_.known.size();
  }
  std::vector<double> seconds;
  for (const RunningTrial& trial : view.running) {
    seconds.push_back(std::max(0.0, estimate_.seconds(trial.parameters) - trial.seconds));
  }
  const auto queued = queued_seconds(view.queued);
  seconds.insert(seconds.end(), queued.begin(), queued.end());
  return plan_makespan(seconds, plan_.groups);
}

std::vector<double> Board::queued_seconds(std::uint64_t queued) const {
  if (plan_.points.empty()) {
    double sum = 0;
    for (const Duration& duration : plan_.known) sum += duration.seconds;
    return std::vector<double>(queued, sum / static_cast<double>(plan_.known.size()));
  }
  std::set<std::string> running;
  for (const auto& [leader, lease] : leases_) running.insert(lease.digest);
  std::vector<double> seconds;
  for (const Trial& point : plan_.points) {
    if (is_final(trials_.at(point.digest).state) || running.count(point.digest) != 0) continue;
    seconds.push_back(estimate_.seconds(point.parameters));
  }
  return seconds;
}

}  // namespace hpctrain::sweep
