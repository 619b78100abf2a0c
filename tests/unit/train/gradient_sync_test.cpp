#include "train/gradient_sync.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include "comm/thread_communicator.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

/// y = a·x, then b·y; `unused` takes no part. Sums of small integers: every answer is exact.
class Chain : public models::Network {
 public:
  Chain() {
    const torch::NoGradGuard no_grad;
    unused_ = register_parameter("unused", torch::ones({1024, 1024}));
    first_ = register_parameter("first", torch::ones({1024, 1024}));
    second_ = register_parameter("second", torch::ones({1024, 1024}));
  }
  torch::Tensor forward(const torch::Tensor& images) override { return (images * first_ * second_).sum(); }
  std::string_view head_name() const override { return "second"; }

 private:
  torch::Tensor unused_, first_, second_;
};

/// Says when buckets left.
class RecordingChannel final : public comm::GradientChannel {
 public:
  explicit RecordingChannel(comm::Communicator& group) : inner_(comm::make_host_channel(group)) {}
  std::shared_ptr<std::byte> make_memory(std::size_t bytes) override { return inner_->make_memory(bytes); }
  std::unique_ptr<comm::PendingCollective> start_all_reduce(comm::Span span, comm::ReduceOp op, void* stream) override {
    sizes.push_back(span.count);
    return inner_->start_all_reduce(span, op, stream);
  }
  std::unique_ptr<comm::PendingCollective> start_all_gather(comm::Span span, void* stream) override {
    return inner_->start_all_gather(span, stream);
  }
  std::string_view name() const noexcept override { return "recording"; }

  std::vector<std::size_t> sizes;

 private:
  std::unique_ptr<comm::GradientChannel> inner_;
};

/// One rank's network with everything around it.
struct Bench {
  explicit Bench(comm::Communicator& group)
      : state(network_state(network)),
        statistics(network),
        channel(group),
        wholeness(group),
        buckets(state.parameters, 1, channel) {
    sync = std::make_unique<GradientSync>(
        GradientSync::Parts{buckets, statistics, channel, torch::kCPU, clock, wholeness}, state.parameters);
  }

  void run_backward(double input) { network.forward(torch::full({1}, input)).backward(); }
  float gradient(std::size_t parameter) const {
    const auto gradient = state.parameters[parameter].tensor.grad();
    const float value = gradient[0][0].item<float>();
    EXPECT_TRUE(gradient.eq(value).all().item<bool>()) << state.parameters[parameter].name;
    return value;
  }

  Chain network;
  checkpoint::TrainingState state;
  StepStatistics statistics;
  RecordingChannel channel;
  Wholeness wholeness;
  GradientBuckets buckets;
  monitor::StepClock clock;
  std::unique_ptr<GradientSync> sync;
};

TEST(GradientSync, SumsGradientsAndPassengersOverRanks) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    bench.buckets.passengers().fill_(0.5 * group.rank());
    bench.sync->start_backward(true);
    bench.run_backward(1 << group.rank());
    bench.sync->wait(true);
    EXPECT_EQ(bench.gradient(1), 7);
    EXPECT_EQ(bench.gradient(2), 7);
    EXPECT_EQ(bench.buckets.passengers()[0].item<float>(), 1.5F);
  });
}

TEST(GradientSync, WhatHooksDoDuringBackwardIsExposedCommunication) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    bench.sync->start_backward(false);
    bench.run_backward(1);
    EXPECT_EQ(bench.clock.seconds()[monitor::Phase::communication], 0);
    bench.sync->start_backward(true);
    {
      const monitor::PhaseTimer timer(bench.clock, monitor::Phase::backward);
      bench.run_backward(1);
    }
    EXPECT_GT(bench.clock.seconds()[monitor::Phase::communication], 0);
    EXPECT_GT(bench.clock.seconds()[monitor::Phase::backward], 0);
    bench.sync->wait(true);
  });
}

TEST(GradientSync, AddsMicroStepsWithoutSendingAnythingBeforeTheLast) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    for (int micro_step = 0; micro_step < 3; ++micro_step) {
      EXPECT_TRUE(bench.channel.sizes.empty());
      bench.sync->start_backward(micro_step == 2);
      bench.run_backward(micro_step + 10 * group.rank());
      bench.sync->end_micro_step();
    }
    bench.sync->wait(true);
    EXPECT_EQ(bench.gradient(1), 0 + 1 + 2 + 10 + 11 + 12);
  });
}

TEST(GradientSync, BucketsLeaveInOrderWhileBackwardRuns) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    bench.sync->start_backward(true);
    bench.run_backward(1);
    // Of three parameters, last first, the two used ones have left when backward returns.
    EXPECT_EQ(bench.channel.sizes, (std::vector<std::size_t>{1024 * 1024, 1024 * 1024}));
    bench.sync->wait(true);
    EXPECT_EQ(bench.channel.sizes, (std::vector<std::size_t>{1024 * 1024, 1024 * 1024, 1024 * 1024 + 1}));
  });
}

TEST(GradientSync, ParametersThatTookNoPartGetZeros) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    Bench bench(group);
    for (int step = 0; step < 2; ++step) {
      bench.sync->start_step();
      bench.sync->start_backward(true);
      bench.run_backward(1);
      bench.sync->wait(true);
    }
    EXPECT_EQ(bench.gradient(0), 0);
  });
}

TEST(GradientSync, ARankWithoutSamplesAddsNothingAndStillTakesPart) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    bench.sync->start_backward(true);
    if (group.rank() != 1) bench.run_backward(4);
    bench.sync->end_micro_step();
    bench.sync->wait(true);
    EXPECT_EQ(bench.gradient(1), 8);
  });
}

TEST(GradientSync, ARankThatBrokeOffMakesTheStepVoidForAllAndTheNextOneCounts) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    Bench bench(group);
    for (const bool breaks_off : {true, false}) {
      const bool is_whole = !breaks_off || group.rank() != 1;
      bench.channel.sizes.clear();
      bench.sync->start_step();
      // The one that breaks off does not come as far as backward.
      if (is_whole) {
        bench.sync->start_backward(true);
        bench.run_backward(1 << group.rank());
      }
      EXPECT_EQ(bench.sync->wait(is_whole), !breaks_off);
      EXPECT_EQ(bench.channel.sizes.size(), 3U);
    }
    EXPECT_EQ(bench.gradient(1), 7);
  });
}

TEST(GradientSync, LetsGoOfTheParametersWhenItEnds) {
  comm::run_ranks(1, [](comm::Communicator& group) {
    Bench bench(group);
    bench.sync->start_step();
    bench.sync->start_backward(true);
    bench.sync.reset();
    bench.run_backward(1);
    EXPECT_TRUE(bench.channel.sizes.empty());
  });
}

}  // namespace
}  // namespace hpctrain::train
