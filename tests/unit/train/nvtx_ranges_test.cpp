// Ranges as they reach NVTX, told to a stand-in for LibTorch's own road to it.
#include "train/nvtx_ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/profiler/stubs/base.h>

#include <string>
#include <thread>
#include <vector>

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseTimer;
using testing::ElementsAre;
using testing::IsEmpty;
namespace profiler = torch::profiler::impl;

class NotedNvtx final : public profiler::ProfilerStubs {
 public:
  explicit NotedNvtx(bool is_there) : is_there_(is_there), before_(profiler::cudaStubs()) {
    profiler::registerCUDAMethods(this);
  }
  ~NotedNvtx() override { profiler::registerCUDAMethods(const_cast<profiler::ProfilerStubs*>(before_)); }

  void record(c10::DeviceIndex*, profiler::ProfilerVoidEventStub*, int64_t*) const override {}
  float elapsed(const profiler::ProfilerVoidEventStub*, const profiler::ProfilerVoidEventStub*) const override {
    return 0;
  }
  void mark(const char* name) const override { said_.push_back("! " + std::string(name)); }
  void rangePush(const char* name) const override { said_.push_back(name); }
  void rangePop() const override { said_.emplace_back("."); }
  bool enabled() const override { return is_there_; }
  void onEachDevice(std::function<void(int)>) const override {}
  void synchronize() const override {}

  const std::vector<std::string>& said() const { return said_; }

 private:
  bool is_there_;
  const profiler::ProfilerStubs* before_;
  mutable std::vector<std::string> said_;
};

void make_step(monitor::StepClock& clock) {
  const PhaseTimer backward(clock, Phase::backward);
  const PhaseTimer communication(clock, Phase::communication);
}

/// A run of one step, number 7.
void make_run(monitor::StepClock& clock) {
  const NvtxRanges ranges(clock);
  make_step(clock);
  ranges.finish_step(7);
}

TEST(NvtxRanges, EachPhaseIsARangeAndEachStepAMark) {
  const NotedNvtx nvtx(true);
  monitor::StepClock clock;
  make_run(clock);
  make_step(clock);  // nobody listens any more
  EXPECT_THAT(nvtx.said(), ElementsAre("start", ".", "backward", ".", "communication", ".", "backward", ".", "start",
                                       "! step 7 made", "."));
}

TEST(NvtxRanges, AnotherThreadsSwitchesDisturbNoRange) {
  const NotedNvtx nvtx(true);
  monitor::StepClock clock;
  {
    const NvtxRanges ranges(clock);
    const PhaseTimer backward(clock, Phase::backward);
    std::thread([&] { const PhaseTimer communication(clock, Phase::communication); }).join();
  }
  EXPECT_THAT(nvtx.said(), ElementsAre("start", ".", "backward", ".", "start", "."));
}

TEST(NvtxRanges, WithoutCudaNothingIsSaid) {
  const NotedNvtx nvtx(false);
  monitor::StepClock clock;
  make_run(clock);
  EXPECT_THAT(nvtx.said(), IsEmpty());
}

}  // namespace
}  // namespace hpctrain::train
