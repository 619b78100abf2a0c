#include "train/phase_rules.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;

/// Evaluations and the last checkpoint are one phase each, however many samples and bytes they are.
constexpr double kLongPhasePatience = 10;

comm::PhaseRule make_rule(Phase phase) {
  const bool is_long = phase == Phase::evaluation || phase == Phase::checkpoint;
  // All ranks connect at the start, and agree at step boundaries, which lie between the named phases.
  const bool waits_for_peers = phase == Phase::communication || phase == Phase::start || phase == Phase::other;
  return {std::string(monitor::phase_name(phase)), is_long ? kLongPhasePatience : 1, waits_for_peers};
}

}  // namespace

std::vector<comm::PhaseRule> make_phase_rules() {
  std::vector<comm::PhaseRule> rules;
  for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) rules.push_back(make_rule(static_cast<Phase>(i)));
  rules.push_back({"idle", 1, true});
  return rules;
}

}  // namespace hpctrain::train
