#include "device/stream_moments.hpp"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <new>
#include <utility>
#include <vector>

namespace hpctrain::device {
namespace {

using IdleEvents = std::vector<c10::Event>;

class EventMoment final : public StreamMoment {
 public:
  EventMoment(c10::Event event, std::shared_ptr<IdleEvents> idle) : event_(std::move(event)), idle_(std::move(idle)) {}
  ~EventMoment() override {
    try {
      idle_->push_back(std::move(event_));
    } catch (const std::bad_alloc&) {
      // Then the next moment makes another.
    }
  }
  EventMoment(const EventMoment&) = delete;
  EventMoment& operator=(const EventMoment&) = delete;

  bool is_past() const override { return event_.query(); }
  void wait() const override { event_.synchronize(); }
  double seconds_since(const StreamMoment& earlier) const override {
    return dynamic_cast<const EventMoment&>(earlier).event_.elapsedTime(event_) / 1000;
  }

 private:
  c10::Event event_;
  std::shared_ptr<IdleEvents> idle_;
};

class EventMoments final : public StreamMoments {
 public:
  explicit EventMoments(const torch::Device& device) : device_(device) {}

  std::unique_ptr<StreamMoment> set_down() override {
    const c10::impl::VirtualGuardImpl guard(device_.type());
    c10::Event event(device_.type(), c10::EventFlag::BACKEND_DEFAULT);  // the kind that knows the time
    if (!idle_->empty()) {
      event = std::move(idle_->back());
      idle_->pop_back();
    }
    event.record(guard.getStream(device_));
    return std::make_unique<EventMoment>(std::move(event), idle_);
  }

 private:
  torch::Device device_;
  std::shared_ptr<IdleEvents> idle_ = std::make_shared<IdleEvents>();
};

}  // namespace

std::unique_ptr<StreamMoments> make_stream_moments(const torch::Device& device) {
  return device.is_cpu() ? nullptr : std::make_unique<EventMoments>(device);
}

}  // namespace hpctrain::device
