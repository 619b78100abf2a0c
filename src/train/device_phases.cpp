#include "train/device_phases.hpp"

#include <utility>

namespace hpctrain::train {

DevicePhases::DevicePhases(monitor::StepClock& clock, std::unique_ptr<device::StreamMoments> moments)
    : clock_(clock), moments_(std::move(moments)) {
  marks_.push_back({clock_.phase(), moments_->set_down()});
  clock_.tell(*this);
}

DevicePhases::~DevicePhases() {
  clock_.tell_no_more(*this);
}

void DevicePhases::note(monitor::Phase /*phase*/, double /*begin_seconds*/, double /*end_seconds*/) {}

void DevicePhases::enter(monitor::Phase phase) {
  if (std::this_thread::get_id() != thread_) return;
  marks_.push_back({phase, moments_->set_down()});
  collect(/*waits=*/false);
}

monitor::PhaseSeconds DevicePhases::seconds() {
  marks_.push_back({clock_.phase(), moments_->set_down()});
  collect(/*waits=*/true);
  return seconds_;
}

void DevicePhases::collect(bool waits) {
  while (marks_.size() > 1) {
    const Mark& begin = marks_[0];
    const Mark& end = marks_[1];
    if (!waits && !end.moment->is_past()) return;
    end.moment->wait();
    seconds_[begin.phase] += end.moment->seconds_since(*begin.moment);
    marks_.pop_front();
  }
}

}  // namespace hpctrain::train
