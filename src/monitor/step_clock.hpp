// Where the time goes: seconds by phase of the loop, and samples per second over a sliding window. Pure arithmetic on
// moments; only PhaseTimer looks at a clock. Must not know what happens inside a phase.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/heartbeat.hpp"

namespace hpctrain::monitor {

enum class Phase {
  data_wait,
  make_batch,  ///< records to tensors, augmentation included
  forward,
  backward,
  communication,  ///< exposed: the loop launches, helps with or waits for sums over ranks and computes nothing itself
  optimizer,
  checkpoint,
  evaluation,
  start,  ///< before the first step
  other,
};
inline constexpr std::size_t kPhaseCount = 10;

/// "data_wait", "make_batch", …: the spelling in files.
std::string_view phase_name(Phase phase) noexcept;

/// Seconds by phase; a plain value that adds and subtracts.
struct PhaseSeconds {
  std::array<double, kPhaseCount> seconds{};

  double& operator[](Phase phase) noexcept { return seconds[static_cast<std::size_t>(phase)]; }
  double operator[](Phase phase) const noexcept { return seconds[static_cast<std::size_t>(phase)]; }
  double total() const noexcept;
  /// What steps took: without start, evaluations and checkpoints.
  double training() const noexcept;
  /// Fraction of the total; 0 where the total is.
  double share(Phase phase) const noexcept;
  /// What came on top of `earlier`.
  PhaseSeconds since(const PhaseSeconds& earlier) const noexcept;

  bool operator==(const PhaseSeconds&) const = default;
};

/// Who wants to know of each phase when it ends, or of the one that begins then.
class PhaseListener {
 public:
  virtual ~PhaseListener() = default;
  virtual void note(Phase /*phase*/, double /*begin_seconds*/, double /*end_seconds*/) {}
  virtual void enter(Phase /*phase*/) {}
};

/// Exactly one phase runs at any moment, so the phases add up to the wall time by construction. It begins in
/// Phase::start. One thread at a time.
///   cost  a phase switch reads the steady clock once
class StepClock {
 public:
  explicit StepClock(double now_seconds = steady_seconds()) noexcept : since_(now_seconds) {}

  /// From now on every phase is published to `heartbeat`, which outlives this clock.
  void publish_to(Heartbeat& heartbeat) noexcept {
    heartbeat_ = &heartbeat;
    heartbeat_->enter(static_cast<std::uint32_t>(phase_), since_);
  }
  /// From now on. The listener outlives this clock, or is taken away before.
  void tell(PhaseListener& listener) { listeners_.push_back(&listener); }
  void tell_no_more(const PhaseListener& listener) { std::erase(listeners_, &listener); }
  /// Publishes that an update was made.
  void finish_step(std::uint64_t steps_made) noexcept {
    if (heartbeat_ != nullptr) heartbeat_->finish_step(steps_made);
  }

  Phase phase() const noexcept { return phase_; }
  /// So far.
  std::uint64_t switches() const noexcept { return switches_; }
  /// Books the time since the last switch under the phase that ends; returns that phase.
  Phase switch_to(Phase next, double now_seconds = steady_seconds());
  /// The running phase is counted up to `now_seconds`.
  PhaseSeconds seconds(double now_seconds = steady_seconds()) const noexcept;

 private:
  PhaseSeconds booked_;
  Phase phase_ = Phase::start;
  double since_;
  std::uint64_t switches_ = 0;
  Heartbeat* heartbeat_ = nullptr;
  std::vector<PhaseListener*> listeners_;
};

/// Switches to a phase for the length of a scope, then back. Inside another timer the inner phase's time is its own.
class PhaseTimer {
 public:
  PhaseTimer(StepClock& clock, Phase phase) : clock_(clock), outer_(clock.switch_to(phase)) {}
  ~PhaseTimer() { clock_.switch_to(outer_); }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  StepClock& clock_;
  Phase outer_;
};

/// Samples per second over the last `window_seconds` of recorded steps.
class ThroughputWindow {
 public:
  explicit ThroughputWindow(double window_seconds = 10, double now_seconds = steady_seconds());

  /// `samples` were finished at this moment; moments never go back.
  void record(std::uint64_t samples, double now_seconds = steady_seconds());
  /// 0 before the first record. A window always holds at least one whole step, however long.
  double samples_per_second() const noexcept;

 private:
  struct Mark {
    double seconds;         ///< moment
    std::uint64_t samples;  ///< finished up to it
  };
  double window_seconds_;
  std::deque<Mark> marks_;
};

}  // namespace hpctrain::monitor
