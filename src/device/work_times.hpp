// How long named pieces of work take where they run: by the clock on the CPU, by events in the stream on a GPU, which
// nobody waits for. One thread only.
#pragma once

#include <c10/core/Event.h>
#include <torch/types.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace hpctrain::device {

class WorkTimes {
 public:
  /// Runs `work`, which enqueues on the current stream of `device`, and books its time under `name`.
  ///   cost  two looks at the clock, or two events
  template <typename Work>
  auto measure(std::string_view name, const torch::Device& device, Work work) {
    if (device.is_cpu()) {
      const Stopwatch watch;
      auto result = work();
      add(name, watch.seconds());
      return result;
    }
    auto start = mark(device);
    auto result = work();
    pending_.push_back({std::string(name), std::move(start), mark(device)});
    return result;
  }

  /// Seconds by name.
  ///   blocks  on a GPU until the work that was measured has run
  std::map<std::string, double> seconds();

 private:
  struct Span {
    std::string name;
    c10::Event start, end;
  };
  void add(std::string_view name, double seconds);
  c10::Event mark(const torch::Device& device);
  void collect(bool waits);

  std::map<std::string, double, std::less<>> seconds_;
  std::deque<Span> pending_;
  std::vector<c10::Event> idle_;
};

}  // namespace hpctrain::device
