// How much memory the tensors of this rank held at most, by what the loop was doing. Knows no tensors by name.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "monitor/step_clock.hpp"

namespace hpctrain::train {

/// Most bytes that tensors held in each phase; 0 for a phase that was not entered.
struct PhasePeaks {
  std::array<std::uint64_t, monitor::kPhaseCount> bytes{};

  std::uint64_t& operator[](monitor::Phase phase) noexcept { return bytes[static_cast<std::size_t>(phase)]; }
  std::uint64_t operator[](monitor::Phase phase) const noexcept { return bytes[static_cast<std::size_t>(phase)]; }
  monitor::Phase greatest() const noexcept;
  bool operator==(const PhasePeaks&) const = default;
};
static_assert(std::is_trivially_copyable_v<PhasePeaks>, "ranks send it as bytes");

/// One thread.
class PhaseMemory {
 public:
  /// Begins in Phase::start.
  explicit PhaseMemory(const torch::Device& device);

  /// Books the peak since the last call under the phase that ends.
  ///   cost  reads and restarts the allocator's counters: nanoseconds on the CPU, about a microsecond on a GPU
  void enter(monitor::Phase phase);

  /// Since the start; the running phase up to now.
  const PhasePeaks& peaks();
  /// Forgets the peaks so far; in Phase::start again.
  void begin_anew();

 private:
  void book();

  torch::Device device_;
  monitor::Phase phase_ = monitor::Phase::start;
  PhasePeaks peaks_;
};

}  // namespace hpctrain::train
