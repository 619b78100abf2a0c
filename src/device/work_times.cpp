#include "device/work_times.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace hpctrain::device {

std::map<std::string, double> WorkTimes::seconds() {
  collect(/*waits=*/true);
  return {seconds_.begin(), seconds_.end()};
}

void WorkTimes::add(std::string_view name, double seconds) {
  const auto found = seconds_.find(name);
  if (found != seconds_.end()) {
    found->second += seconds;
  } else {
    seconds_.emplace(name, seconds);
  }
}

c10::Event WorkTimes::mark(const torch::Device& device) {
  collect(/*waits=*/false);
  const c10::impl::VirtualGuardImpl guard(device.type());
  c10::Event event(device.type(), c10::EventFlag::BACKEND_DEFAULT);
  if (!idle_.empty()) {
    event = std::move(idle_.back());
    idle_.pop_back();
  }
  event.record(guard.getStream(device));
  return event;
}

void WorkTimes::collect(bool waits) {
  while (!pending_.empty()) {
    auto& span = pending_.front();
    if (!waits && !span.end.query()) return;
    span.end.synchronize();
    add(span.name, span.start.elapsedTime(span.end) / 1000);
    idle_.push_back(std::move(span.start));
    idle_.push_back(std::move(span.end));
    pending_.pop_front();
  }
}

}  // namespace hpctrain::device
