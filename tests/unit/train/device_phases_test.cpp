// A device's account of the phases, on a stream whose time the test tells.
#include "train/device_phases.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace hpctrain::train {
namespace {

using monitor::Phase;

/// Work on it takes the time that it is said to take; it is done when somebody waits, or when it is told to be.
struct FakeStream {
  double enqueued_seconds = 0;  ///< when all that was enqueued so far will be done
  double done_seconds = 0;
  int waits = 0;
  bool has_failed = false;
};

class FakeMoment final : public device::StreamMoment {
 public:
  explicit FakeMoment(FakeStream& stream) : stream_(stream), at_(stream.enqueued_seconds) {}
  bool is_past() const override { return stream_.done_seconds >= at_; }
  void wait() const override {
    if (is_past()) return;
    ++stream_.waits;
    stream_.done_seconds = at_;
  }
  double seconds_since(const device::StreamMoment& earlier) const override {
    return at_ - dynamic_cast<const FakeMoment&>(earlier).at_;
  }

 private:
  FakeStream& stream_;
  double at_;
};

class FakeMoments final : public device::StreamMoments {
 public:
  explicit FakeMoments(FakeStream& stream) : stream_(stream) {}
  std::unique_ptr<device::StreamMoment> set_down() override {
    if (stream_.has_failed) throw std::runtime_error("an illegal memory access");
    return std::make_unique<FakeMoment>(stream_);
  }

 private:
  FakeStream& stream_;
};

class DevicePhasesTest : public testing::Test {
 protected:
  void make_step() {
    enqueue(Phase::forward, 2);
    enqueue(Phase::backward, 4);
    enqueue(Phase::optimizer, 1);
    clock_.switch_to(Phase::other);
  }
  void enqueue(Phase phase, double seconds) {
    clock_.switch_to(phase);
    stream_.enqueued_seconds += seconds;
  }

  FakeStream stream_;
  monitor::StepClock clock_;
  DevicePhases phases_{clock_, std::make_unique<FakeMoments>(stream_)};
};

TEST_F(DevicePhasesTest, AreWhatTheDeviceTakesForThem) {
  make_step();
  make_step();
  const auto seconds = phases_.seconds();
  EXPECT_EQ(seconds[Phase::forward], 4);
  EXPECT_EQ(seconds[Phase::backward], 8);
  EXPECT_EQ(seconds[Phase::optimizer], 2);
  EXPECT_EQ(seconds[Phase::other], 0);
  EXPECT_EQ(seconds.total(), 14);
}

TEST_F(DevicePhasesTest, NoStepWaits) {
  for (int step = 0; step < 100; ++step) {
    make_step();
    // The device is always some way behind.
    stream_.done_seconds = stream_.enqueued_seconds - 10;
  }
  EXPECT_EQ(stream_.waits, 0);
  EXPECT_EQ(phases_.seconds().total(), 700);
  EXPECT_GT(stream_.waits, 0);
}

TEST_F(DevicePhasesTest, GoOnAfterSomebodyAsked) {
  make_step();
  EXPECT_EQ(phases_.seconds().total(), 7);
  make_step();
  EXPECT_EQ(phases_.seconds()[Phase::backward], 8);
  EXPECT_EQ(phases_.seconds().total(), 14);
}

TEST_F(DevicePhasesTest, AFailureOfTheDeviceIsNotTheirs) {
  make_step();
  EXPECT_EQ(phases_.seconds().total(), 7);
  stream_.has_failed = true;
  try {
    // Its end is a switch too, on the way of the error.
    const monitor::PhaseTimer timer(clock_, Phase::backward);
    throw std::runtime_error("an illegal memory access");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(phases_.seconds().total(), 7);
}

TEST_F(DevicePhasesTest, AnotherThreadsSwitchesAreLeftOut) {
  clock_.switch_to(Phase::backward);
  std::thread([this] {
    const monitor::PhaseTimer timer(clock_, Phase::communication);
    stream_.enqueued_seconds += 3;
  }).join();
  clock_.switch_to(Phase::other);
  const auto seconds = phases_.seconds();
  EXPECT_EQ(seconds[Phase::backward], 3);
  EXPECT_EQ(seconds[Phase::communication], 0);
}

}  // namespace
}  // namespace hpctrain::train
