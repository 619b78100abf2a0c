// What the watchdog must know about the phases of the loop.
#pragma once

#include <vector>

#include "comm/hang_verdict.hpp"

namespace hpctrain::train {

/// One rule for each monitor::Phase, in its order.
std::vector<comm::PhaseRule> make_phase_rules();

}  // namespace hpctrain::train
