// What one rank publishes about itself, in memory that others of its node may share: where it is, since when, and that
// it runs at all. Plain atomics; knows neither who reads them nor what the phases mean.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.hpp"

namespace hpctrain {

/// On a cache line of its own: publishing must not slow another rank's.
struct alignas(128) Heartbeat {
  std::atomic<std::uint64_t> step{0};        ///< updates made
  std::atomic<std::uint64_t> sequence{0};    ///< phases entered in this step
  std::atomic<std::uint32_t> phase{0};       ///< number of the phase, as the publisher counts them
  std::atomic<std::uint32_t> steps_here{0};  ///< updates made in this start: the first ones take longer
  std::atomic<double> progress_seconds{0};   ///< steady clock, when the phase was entered
  std::atomic<double> alive_seconds{0};      ///< steady clock, last sign of the process; a stopped one gives none
  std::atomic<std::uint32_t> team{0};        ///< ranks of one number wait for each other, and for nobody else

  /// From now on this rank works with those of team `number`, from its first step on.   (one thread only)
  void join(std::uint32_t number, std::uint32_t next_phase, double now_seconds) noexcept {
    // First of all: whoever looks in between must not hold the new team's first steps against it.
    steps_here.store(0, std::memory_order_release);
    team.store(number, std::memory_order_relaxed);
    step.store(0, std::memory_order_relaxed);
    sequence.store(0, std::memory_order_relaxed);
    enter(next_phase, now_seconds);
  }

  /// (one thread only)
  void enter(std::uint32_t next_phase, double now_seconds) noexcept {
    phase.store(next_phase, std::memory_order_relaxed);
    sequence.fetch_add(1, std::memory_order_relaxed);
    progress_seconds.store(now_seconds, std::memory_order_release);
  }

  /// (the same thread)
  void finish_step(std::uint64_t steps_made) noexcept {
    step.store(steps_made, std::memory_order_relaxed);
    sequence.store(0, std::memory_order_relaxed);
    steps_here.fetch_add(1, std::memory_order_relaxed);
    progress_seconds.store(steady_seconds(), std::memory_order_release);
  }
};

static_assert(std::atomic<double>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free,
              "processes share them");

}  // namespace hpctrain
