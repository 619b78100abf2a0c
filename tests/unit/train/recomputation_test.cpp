// Recomputation under the hooks, number formats and rank-wide statistics of training; and the memory that it saves.
#include "models/recomputation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <chrono>
#include <cstdio>

#include "comm/thread_communicator.hpp"
#include "device/tensor_memory.hpp"
#include "models/registry.hpp"
#include "train/gradient_sync.hpp"
#include "train/network_state.hpp"
#include "train/precision.hpp"
#include "train/statistics_over_ranks.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::train {
namespace {

/// Counts how often ranks meet.
class CountingReducer final : public models::StatisticsReducer {
 public:
  explicit CountingReducer(comm::Communicator& group) : over_ranks_(group, torch::kCPU) {}
  void add_over_ranks(const torch::Tensor& sums) override {
    ++meetings;
    over_ranks_.add_over_ranks(sums);
  }

  int meetings = 0;

 private:
  StatisticsOverRanks over_ranks_;
};

struct Settings {
  bool recomputes = false;
  Precision precision = Precision::fp32;
  bool is_synchronised = false;
  std::vector<std::int64_t> samples{2, 2};  ///< of each rank's micro-batches
};

/// What one step of two micro-steps leaves on each rank.
struct Outcome {
  std::vector<torch::Tensor> slabs;
  std::vector<int> meetings;
};

torch::Tensor images_of(int rank, int micro_step, std::int64_t count) {
  const auto all = torch::arange(count * 256, torch::kFloat32).add(rank * 101 + micro_step * 37).mul(0.1).sin();
  return all.view({count, 1, 16, 16});
}

/// Dropout would draw from one generator, which ranks that are threads share.
Outcome run_step(const Settings& settings) {
  Outcome outcome;
  outcome.slabs.resize(settings.samples.size());
  outcome.meetings.resize(settings.samples.size());
  torch::manual_seed(3);
  const auto first = models::make_network(
      "wrn-10-1", {.channels = 1, .height = 16, .width = 16, .outputs = 4, .stem = models::Stem::small});
  comm::run_ranks(static_cast<int>(settings.samples.size()), [&](comm::Communicator& group) {
    const auto rank = static_cast<std::size_t>(group.rank());
    const auto network = models::make_network(
        "wrn-10-1", {.channels = 1, .height = 16, .width = 16, .outputs = 4, .stem = models::Stem::small});
    const auto state = network_state(*network);
    const auto of_first = network_state(*first);
    for (std::size_t i = 0; i < state.parameters.size(); ++i) {
      const torch::NoGradGuard no_grad;
      auto parameter = state.parameters[i].tensor;
      parameter.copy_(of_first.parameters[i].tensor);
    }
    network->train();
    network->set_recomputation(settings.recomputes);
    CountingReducer reducer(group);
    if (settings.is_synchronised) {
      for (auto* owner : models::statistics_owners(*network)) owner->normalise_over(&reducer);
    }
    StepStatistics statistics(*network);
    const auto channel = comm::make_host_channel(group);
    GradientBuckets buckets(state.parameters, statistics.elements(), *channel);
    monitor::StepClock clock;
    Wholeness wholeness(group);
    GradientSync sync({buckets, statistics, *channel, torch::kCPU, clock, wholeness}, state.parameters);
    sync.start_step();
    for (int micro_step = 0; micro_step < 2; ++micro_step) {
      torch::Tensor outputs;
      {
        const Autocast format(settings.precision, torch::kCPU);
        outputs = network->forward(images_of(group.rank(), micro_step, settings.samples[rank]));
      }
      const auto loss = outputs.to(torch::kFloat32).square().sum();
      statistics.write(buckets.passengers());
      sync.start_backward(micro_step == 1);
      loss.backward();
      sync.end_micro_step();
    }
    ASSERT_TRUE(sync.wait(true));
    outcome.slabs[rank] = buckets.slab().clone();
    outcome.meetings[rank] = reducer.meetings;
  });
  return outcome;
}

void expect_equal_bits(Settings settings) {
  const Outcome expected = run_step(settings);
  settings.recomputes = true;
  const Outcome found = run_step(settings);
  for (std::size_t rank = 0; rank < settings.samples.size(); ++rank) {
    EXPECT_TRUE(torch::equal(found.slabs[rank], expected.slabs[rank])) << "rank " << rank;
    EXPECT_GT(found.slabs[rank].abs().max().item<float>(), 0);
    EXPECT_TRUE(torch::equal(found.slabs[rank], found.slabs[0])) << "rank " << rank;
  }
  EXPECT_EQ(found.meetings, expected.meetings);
}

TEST(RecomputationInTraining, GivesTheSameSumsOverRanks) {
  expect_equal_bits({});
}

TEST(RecomputationInTraining, GivesTheSameSumsOverRanksInBf16) {
  expect_equal_bits({.precision = Precision::bf16});
}

TEST(RecomputationInTraining, MeetsOtherRanksNoMoreOftenForTheirStatistics) {
  expect_equal_bits({.is_synchronised = true, .samples = {2, 3}});
}

TEST(RecomputationInTraining, ARankWithoutSamplesTakesPartInStatistics) {
  expect_equal_bits({.is_synchronised = true, .samples = {2, 0, 3}});
}

struct Cost {
  std::uint64_t peak_bytes = 0;  ///< beyond what is held before and after
  double seconds = 0;
};

Cost measure(models::Network& network, bool is_recomputed, const torch::Tensor& images) {
  network.set_recomputation(is_recomputed);
  const std::uint64_t held = device::read_memory_use(torch::kCPU).allocated_bytes;
  device::restart_memory_peak(torch::kCPU);
  const auto begin = std::chrono::steady_clock::now();
  network.forward(images).square().sum().backward();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return {device::read_memory_use(torch::kCPU).peak_allocated_bytes - held, elapsed.count()};
}

TEST(RecomputationInTraining, HalvesTheMemoryOfActivationsAtLeast) {
  device::meter_host_tensors();
  const auto network = models::make_network("resnet50", {.channels = 3, .height = 64, .width = 64, .outputs = 10});
  network->train();
  for (const auto& parameter : network->parameters()) parameter.mutable_grad() = torch::zeros_like(parameter);
  const auto images = torch::rand({16, 3, 64, 64});
  measure(*network, false, images.narrow(0, 0, 2));
  const Cost kept = measure(*network, false, images);
  const Cost recomputed = measure(*network, true, images);
  fmt::print("resnet50, 16 images of 64×64: {:.1f} MiB in {:.2f} s, recomputed {:.1f} MiB in {:.2f} s\n",
             static_cast<double>(kept.peak_bytes) / (1 << 20), kept.seconds,
             static_cast<double>(recomputed.peak_bytes) / (1 << 20), recomputed.seconds);
  EXPECT_LE(2 * recomputed.peak_bytes, kept.peak_bytes);
}

}  // namespace
}  // namespace hpctrain::train
