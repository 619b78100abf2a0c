#include "checkpoint/retention.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

namespace hpctrain::checkpoint {
namespace {

/// Greater is better.
auto merit(const RetentionCandidate& candidate) {
  const bool has_metric = candidate.is_finite && candidate.metric.has_value();
  return std::make_tuple(candidate.is_finite, has_metric, has_metric ? *candidate.metric : 0.0, candidate.age);
}

std::vector<std::size_t> order_newest_first(const std::vector<RetentionCandidate>& candidates) {
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return candidates[a].age > candidates[b].age; });
  return order;
}

}  // namespace

std::optional<std::size_t> find_best(const std::vector<RetentionCandidate>& candidates) {
  if (candidates.empty()) return std::nullopt;
  const auto best = std::max_element(candidates.begin(), candidates.end(),
                                     [](const auto& a, const auto& b) { return merit(a) < merit(b); });
  return static_cast<std::size_t>(best - candidates.begin());
}

std::vector<std::string> plan_retention(const std::vector<RetentionCandidate>& candidates, std::uint64_t keep) {
  const std::vector<std::size_t> order = order_newest_first(candidates);
  const std::size_t newest_kept = std::min<std::size_t>(order.size(), std::max<std::uint64_t>(keep, 1));
  std::set<std::size_t> kept(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(newest_kept));
  if (const auto best = find_best(candidates)) kept.insert(*best);
  const auto newest_finite =
      std::find_if(order.begin(), order.end(), [&](std::size_t index) { return candidates[index].is_finite; });
  if (newest_finite != order.end()) kept.insert(*newest_finite);

  std::vector<std::string> doomed;
  for (auto index = order.rbegin(); index != order.rend(); ++index) {
    if (!kept.contains(*index)) doomed.push_back(candidates[*index].name);
  }
  return doomed;
}

}  // namespace hpctrain::checkpoint
