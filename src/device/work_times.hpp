// How long named pieces of work take where they run: by the clock on the CPU, by moments in the stream on a GPU, which
// nobody waits for. One thread only.
#pragma once

#include <torch/types.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "device/stream_moments.hpp"

namespace hpctrain::device {

class WorkTimes {
 public:
  /// Runs `work`, which enqueues on the current stream of `device`, and books its time under `name`. Always the same
  /// device.
  ///   cost  two looks at the clock, or two events
  template <typename Work>
  auto measure(std::string_view name, const torch::Device& device, Work work) {
    if (device.is_cpu()) {
      const Stopwatch watch;
      auto result = work();
      add(name, watch.seconds());
      return result;
    }
    if (!moments_) moments_ = make_stream_moments(device);
    collect(/*waits=*/false);
    auto start = moments_->set_down();
    auto result = work();
    pending_.push_back({std::string(name), std::move(start), moments_->set_down()});
    return result;
  }

  /// Seconds by name.
  ///   blocks  on a GPU until the work that was measured has run
  std::map<std::string, double> seconds();

 private:
  struct Span {
    std::string name;
    std::unique_ptr<StreamMoment> start, end;
  };
  void add(std::string_view name, double seconds);
  void collect(bool waits);

  std::map<std::string, double, std::less<>> seconds_;
  std::unique_ptr<StreamMoments> moments_;  ///< null: all of it ran on the CPU so far
  std::deque<Span> pending_;
};

}  // namespace hpctrain::device
