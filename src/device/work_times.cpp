#include "device/work_times.hpp"

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

void WorkTimes::collect(bool waits) {
  while (!pending_.empty()) {
    const Span& span = pending_.front();
    if (!span.end->is_past()) {
      if (!waits) return;
      span.end->wait();
    }
    add(span.name, span.end->seconds_since(*span.start));
    pending_.pop_front();
  }
}

}  // namespace hpctrain::device
