#include "monitor/phase_trace.hpp"

#include <algorithm>

namespace hpctrain::monitor {

void PhaseTrace::note(Phase phase, double begin_seconds, double end_seconds) {
  if (end_seconds <= begin_seconds_) return;
  slices_.push_back({std::string(phase_name(phase)), std::max(begin_seconds, begin_seconds_), end_seconds, kPhaseLane});
}

void PhaseTrace::note_step(std::uint64_t step, double begin_seconds, double end_seconds) {
  slices_.push_back({"step " + std::to_string(step), begin_seconds, end_seconds, kStepLane});
}

}  // namespace hpctrain::monitor
