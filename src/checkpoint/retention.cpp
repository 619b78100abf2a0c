#include "checkpoint/retention.hpp"

#include <algorithm>
#include <map>
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

/// The first checkpoint at or after each multiple of `every_steps`; a deletion never changes which one that is.
std::set<std::size_t> find_milestones(const std::vector<RetentionCandidate>& candidates,
                                      const std::vector<std::size_t>& newest_first, std::uint64_t every_steps) {
  std::set<std::size_t> milestones;
  if (every_steps == 0) return milestones;
  std::map<std::uint64_t, std::size_t> first_of;  // multiple → candidate
  for (const std::size_t index : newest_first) {
    const std::uint64_t step = candidates[index].age.step;
    const auto place = first_of.find(step / every_steps);
    if (place == first_of.end() || step <= candidates[place->second].age.step) first_of[step / every_steps] = index;
  }
  first_of.erase(0);  // before the first multiple
  for (const auto& [multiple, index] : first_of) milestones.insert(index);
  return milestones;
}

}  // namespace

std::optional<std::size_t> find_best(const std::vector<RetentionCandidate>& candidates) {
  if (candidates.empty()) return std::nullopt;
  const auto best = std::max_element(candidates.begin(), candidates.end(),
                                     [](const auto& a, const auto& b) { return merit(a) < merit(b); });
  return static_cast<std::size_t>(best - candidates.begin());
}

std::vector<std::string> plan_retention(const std::vector<RetentionCandidate>& candidates, const RetentionRule& rule) {
  const std::vector<std::size_t> order = order_newest_first(candidates);
  const std::size_t newest_kept = std::min<std::size_t>(order.size(), std::max<std::uint64_t>(rule.keep, 1));
  std::set<std::size_t> kept(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(newest_kept));
  if (const auto best = find_best(candidates)) kept.insert(*best);
  for (const std::size_t index : find_milestones(candidates, order, rule.keep_every_steps)) kept.insert(index);
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
