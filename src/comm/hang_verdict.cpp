#include "comm/hang_verdict.hpp"

#include <algorithm>
#include <tuple>

namespace hpctrain::comm {
namespace {

/// Processes beat several times a second: after this long one of them does not run, or the machine hardly does.
constexpr double kSilentSeconds = 1.5;

bool is_overdue(const RankView& view, const std::vector<PhaseRule>& rules, double timeout_seconds) {
  if (view.silent_seconds > timeout_seconds) return true;
  return view.is_warm && view.quiet_seconds > timeout_seconds * rules.at(view.phase).patience;
}

auto place_in_line(const RankView& view, const std::vector<PhaseRule>& rules) {
  return std::make_tuple(view.silent_seconds <= kSilentSeconds, view.step, rules.at(view.phase).waits_for_peers,
                         view.sequence, view.rank);
}

/// Steps of different teams are not comparable.   (at least one view is of the team)
std::size_t find_furthest_behind_of(std::uint32_t team, const std::vector<RankView>& views,
                                    const std::vector<PhaseRule>& rules) {
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i].team != team) continue;
    if (!last || place_in_line(views[i], rules) < place_in_line(views[*last], rules)) last = i;
  }
  return last.value();
}

}  // namespace

std::size_t find_furthest_behind(const std::vector<RankView>& views, const std::vector<PhaseRule>& rules) {
  const auto last = std::min_element(views.begin(), views.end(), [&](const RankView& a, const RankView& b) {
    return place_in_line(a, rules) < place_in_line(b, rules);
  });
  return static_cast<std::size_t>(last - views.begin());
}

std::optional<HangVerdict> find_hang(const std::vector<RankView>& views, const std::vector<PhaseRule>& rules,
                                     double timeout_seconds) {
  const auto dead = std::find_if(views.begin(), views.end(), [](const RankView& view) { return view.is_dead; });
  if (dead != views.end()) {
    return HangVerdict{HangKind::dead, static_cast<std::size_t>(dead - views.begin()), dead->quiet_seconds};
  }
  const auto overdue = std::find_if(views.begin(), views.end(),
                                    [&](const RankView& view) { return is_overdue(view, rules, timeout_seconds); });
  if (overdue == views.end()) return std::nullopt;
  const std::size_t culprit = find_furthest_behind_of(overdue->team, views, rules);
  const RankView& view = views[culprit];
  if (view.silent_seconds > kSilentSeconds) return HangVerdict{HangKind::stopped, culprit, view.silent_seconds};
  return HangVerdict{HangKind::stuck, culprit, view.quiet_seconds};
}

std::optional<std::size_t> find_speaker(const std::vector<RankView>& views) {
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views[i].is_dead && views[i].silent_seconds <= kSilentSeconds) return i;
  }
  return std::nullopt;
}

}  // namespace hpctrain::comm
