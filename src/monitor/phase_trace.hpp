// The phases of a step clock as slices, while somebody wants them. Must not know what happens inside a phase.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "monitor/step_clock.hpp"
#include "monitor/step_trace.hpp"

namespace hpctrain::monitor {

class PhaseTrace final : public PhaseListener {
 public:
  /// Phases that began before this moment are cut there.
  explicit PhaseTrace(double begin_seconds) : begin_seconds_(begin_seconds) {}

  void note(Phase phase, double begin_seconds, double end_seconds) override;
  void note_step(std::uint64_t step, double begin_seconds, double end_seconds);
  std::vector<TraceSlice> take() { return std::exchange(slices_, {}); }

 private:
  double begin_seconds_;
  std::vector<TraceSlice> slices_;
};

}  // namespace hpctrain::monitor
