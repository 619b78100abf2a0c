// The loop's phases and steps as ranges and marks of NVTX, for Nsight Systems, which shows them beside kernels and
// copies. Decides nothing.
#pragma once

#include <cstdint>
#include <thread>

#include "monitor/step_clock.hpp"

namespace hpctrain::train {

/// Where LibTorch has CUDA; elsewhere it does nothing. Without a profiler a range costs some nanoseconds.
class NvtxRanges final : public monitor::PhaseListener {
 public:
  /// From now on the phases of `clock`, which outlives this, as the calling thread goes through them. Ranges belong to
  /// threads: switches on another one, while this one waits for it, are left out.
  explicit NvtxRanges(monitor::StepClock& clock);
  /// On the same thread.
  ~NvtxRanges() override;
  NvtxRanges(const NvtxRanges&) = delete;
  NvtxRanges& operator=(const NvtxRanges&) = delete;

  void note(monitor::Phase phase, double begin_seconds, double end_seconds) override;
  void enter(monitor::Phase phase) override;
  /// Update number `step` was made.
  void finish_step(std::uint64_t step) const;

 private:
  monitor::StepClock& clock_;
  std::thread::id thread_ = std::this_thread::get_id();
  bool is_on_;
};

}  // namespace hpctrain::train
