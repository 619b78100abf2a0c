// Moments on a device's stream of work: set down without waiting, read once the work before them is done.
#pragma once

#include <torch/types.h>

#include <memory>

namespace hpctrain::device {

class StreamMoment {
 public:
  virtual ~StreamMoment() = default;
  virtual bool is_past() const = 0;
  /// blocks  until it is past
  virtual void wait() const = 0;
  /// What lies between; both are past.
  virtual double seconds_since(const StreamMoment& earlier) const = 0;
};

class StreamMoments {
 public:
  virtual ~StreamMoments() = default;
  /// After all that was enqueued before on the calling thread's current stream.
  ///   cost  one event, used again once the moment is gone
  virtual std::unique_ptr<StreamMoment> set_down() = 0;
};

/// Null on CPUs, which have no streams. Moments may outlive it.
std::unique_ptr<StreamMoments> make_stream_moments(const torch::Device& device);

}  // namespace hpctrain::device
