// Where a device's time goes: the phases of the loop as the device comes to them, not as the host enqueues them. Waits
// for nothing while steps are made. Decides nothing.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <thread>

#include "device/stream_moments.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::train {

/// At every switch of the clock a moment is set down on the stream; what lies between two of them is of the phase that
/// began with the first. A host that is ahead of its device shows nowhere; one that lets it idle shows in the phase it
/// is late in, and kernels that wait for sums over ranks show in communication.
class DevicePhases final : public monitor::PhaseListener {
 public:
  /// From now on, as the calling thread goes through the phases of `clock`, which outlives this. Switches on another
  /// thread, while this one waits for it, are left out.
  DevicePhases(monitor::StepClock& clock, std::unique_ptr<device::StreamMoments> moments);
  ~DevicePhases() override;
  DevicePhases(const DevicePhases&) = delete;
  DevicePhases& operator=(const DevicePhases&) = delete;

  /// Throws nothing: it is also called while a failure of the device is on its way.
  ///   cost  one event; now and then a look at those that are past
  void enter(monitor::Phase phase) override;

  /// Up to now; where the device failed, up to then.
  ///   blocks  until the device has done what was enqueued
  monitor::PhaseSeconds seconds();

 private:
  struct Mark {
    monitor::Phase phase;  ///< that begins here
    std::unique_ptr<device::StreamMoment> moment;
  };
  void mark(monitor::Phase phase, std::size_t most_kept);
  void collect(std::size_t most_kept);

  monitor::StepClock& clock_;
  std::unique_ptr<device::StreamMoments> moments_;
  std::thread::id thread_ = std::this_thread::get_id();
  monitor::PhaseSeconds seconds_;
  std::deque<Mark> marks_;
  bool has_failed_ = false;
};

}  // namespace hpctrain::train
