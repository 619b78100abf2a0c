#include "train/device_phases.hpp"

#include <exception>
#include <utility>

#include "core/log.hpp"

namespace hpctrain::train {
namespace {

/// Reading moments costs as much as setting them down, so it is done for some steps at once.
constexpr std::size_t kMarksKept = 128;

}  // namespace

DevicePhases::DevicePhases(monitor::StepClock& clock, std::unique_ptr<device::StreamMoments> moments)
    : clock_(clock), moments_(std::move(moments)) {
  clock_.tell(*this);
  mark(clock_.phase(), kMarksKept);
}

DevicePhases::~DevicePhases() {
  clock_.tell_no_more(*this);
}

void DevicePhases::enter(monitor::Phase phase) {
  if (std::this_thread::get_id() == thread_) mark(phase, kMarksKept);
}

monitor::PhaseSeconds DevicePhases::seconds() {
  mark(clock_.phase(), 0);
  return seconds_;
}

/// Afterwards at most `most_kept` moments may be waiting to be read, unless the device is not there yet; 0: waits for
/// it.
void DevicePhases::mark(monitor::Phase phase, std::size_t most_kept) {
  if (has_failed_) return;
  try {
    marks_.push_back({phase, moments_->set_down()});
    if (marks_.size() > most_kept) collect(most_kept);
  } catch (const std::exception& failure) {
    has_failed_ = true;
    marks_.clear();
    log_warning("the device's account of its time ends here: {}", failure.what());
  }
}

void DevicePhases::collect(std::size_t most_kept) {
  while (marks_.size() > 1) {
    const Mark& begin = marks_[0];
    const Mark& end = marks_[1];
    if (!end.moment->is_past()) {
      if (most_kept > 0) return;
      end.moment->wait();
    }
    seconds_[begin.phase] += end.moment->seconds_since(*begin.moment);
    marks_.pop_front();
  }
}

}  // namespace hpctrain::train
