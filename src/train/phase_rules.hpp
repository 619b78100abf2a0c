// What the watchdog must know about the phases of the loop.
#pragma once

#include <cstdint>
#include <vector>

#include "comm/hang_verdict.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::train {

/// What a rank does between two trials of a sweep: it waits for others.
inline constexpr std::uint32_t kIdlePhase = monitor::kPhaseCount;

/// One rule for each monitor::Phase, in its order, then that of kIdlePhase.
std::vector<comm::PhaseRule> make_phase_rules();

}  // namespace hpctrain::train
