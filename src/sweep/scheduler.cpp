#include "sweep/scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/digest.hpp"

namespace hpctrain::sweep {
namespace {

bool is_better(const SchedulerPlan& plan, double a, double b) {
  return plan.is_smaller_better ? a < b : a > b;
}

/// True for the first evaluation at or after a rung.
bool is_rung(const SchedulerPlan& plan, std::uint64_t bracket, std::uint64_t epoch) {
  std::uint64_t rung = plan.min_epochs;
  for (std::uint64_t below = 0; below < bracket && rung <= epoch; ++below) rung *= plan.reduction;
  while (rung <= epoch / plan.reduction) rung *= plan.reduction;
  return rung <= epoch && rung + plan.evaluate_epochs > epoch;
}

constexpr std::size_t kFewestOthers = 3;

/// Of the other trials of its bracket.
std::vector<double> other_scores_at(const SchedulerPlan& plan, const std::vector<LedgerEntry>& history,
                                    const std::string& digest, std::uint64_t epoch) {
  const std::uint64_t bracket = bracket_of(plan, digest);
  std::vector<double> scores;
  for (const LedgerEntry& entry : history) {
    if (entry.trial.digest == digest || bracket_of(plan, entry.trial.digest) != bracket) continue;
    if (const JudgedScore* judged = find_score(entry, epoch)) scores.push_back(judged->score.metric);
  }
  return scores;
}

bool is_below_rung(const SchedulerPlan& plan, const std::vector<LedgerEntry>& history, const std::string& digest,
                   const Score& score) {
  const auto others = other_scores_at(plan, history, digest, score.epoch);
  const auto better =
      std::count_if(others.begin(), others.end(), [&](double other) { return is_better(plan, other, score.metric); });
  const std::uint64_t seen = others.size() + 1;
  return static_cast<std::uint64_t>(better) >= std::max<std::uint64_t>(1, seen / plan.reduction);
}

/// Of the scores up to `epoch`; empty when the trial did not come that far.
std::optional<double> running_average(const LedgerEntry& entry, std::uint64_t epoch) {
  double sum = 0;
  double count = 0;
  bool came_as_far = false;
  for (const JudgedScore& judged : entry.scores) {
    if (judged.score.epoch > epoch) continue;
    sum += judged.score.metric;
    count += 1;
    came_as_far = came_as_far || judged.score.epoch == epoch;
  }
  return came_as_far ? std::optional(sum / count) : std::nullopt;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool is_below_median(const SchedulerPlan& plan, const std::vector<LedgerEntry>& history, const std::string& digest,
                     const Score& score) {
  if (score.epoch < plan.min_epochs) return false;
  double best = score.metric;
  std::vector<double> averages;
  for (const LedgerEntry& entry : history) {
    if (entry.trial.digest == digest) {
      for (const JudgedScore& own : entry.scores)
        best = is_better(plan, own.score.metric, best) ? own.score.metric : best;
    } else if (const auto average = running_average(entry, score.epoch)) {
      averages.push_back(*average);
    }
  }
  return averages.size() >= kFewestOthers && is_better(plan, median_of(averages), best);
}

}  // namespace

std::uint64_t bracket_of(const SchedulerPlan& plan, const std::string& digest) {
  std::vector<double> shares;
  for (std::uint64_t bracket = 0; bracket < plan.brackets; ++bracket) {
    const auto rungs_above = static_cast<double>(plan.brackets - 1 - bracket);
    shares.push_back(std::pow(static_cast<double>(plan.reduction), rungs_above) / (rungs_above + 1));
  }
  double rest = static_cast<double>(xxh3_64(bytes_of(digest)) >> 11) * 0x1p-53;
  rest *= std::accumulate(shares.begin(), shares.end(), 0.0);
  std::uint64_t bracket = 0;
  while (bracket + 1 < plan.brackets && (rest -= shares[bracket]) >= 0) ++bracket;
  return bracket;
}

bool is_judged(const SchedulerPlan& plan, const std::string& digest, std::uint64_t epoch) {
  switch (plan.kind) {
    case SchedulerKind::none:
      return false;
    case SchedulerKind::asha:
      return is_rung(plan, bracket_of(plan, digest), epoch);
    case SchedulerKind::median:
      return true;
  }
  return false;
}

bool must_stop(const SchedulerPlan& plan, const std::vector<LedgerEntry>& history, const std::string& digest,
               const Score& score) {
  switch (plan.kind) {
    case SchedulerKind::none:
      return false;
    case SchedulerKind::asha:
      return is_below_rung(plan, history, digest, score);
    case SchedulerKind::median:
      return is_below_median(plan, history, digest, score);
  }
  return false;
}

}  // namespace hpctrain::sweep
