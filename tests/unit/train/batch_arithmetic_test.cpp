// A global batch that divides by nothing, carried out by any number of ranks and micro-steps, is one big batch.
#include <gtest/gtest.h>
#include <torch/nn.h>

#include <mutex>

#include "comm/thread_communicator.hpp"
#include "data/batch_plan.hpp"
#include "train/gradient_sync.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

constexpr std::int64_t kBatch = 23;

class Perceptron : public models::Network {
 public:
  Perceptron() {
    torch::manual_seed(5);
    first_ = register_module("first", torch::nn::Linear(6, 16));
    second_ = register_module("second", torch::nn::Linear(16, 4));
  }
  torch::Tensor forward(const torch::Tensor& images) override { return second_(torch::tanh(first_(images))); }
  std::string_view head_name() const override { return "second"; }

 private:
  torch::nn::Linear first_{nullptr}, second_{nullptr};
};

/// The network, its samples, and their loss.
struct Problem {
  explicit Problem(torch::ScalarType type) : network(), state(network_state(network)) {
    network.to(type);
    torch::manual_seed(6);
    images = torch::randn({kBatch, 6}, torch::kFloat64).to(type);
    targets = torch::randint(4, {kBatch}, torch::kInt64);
  }
  torch::Tensor loss(std::int64_t first, std::int64_t count) {
    const auto logits = network.forward(images.narrow(0, first, count));
    return torch::cross_entropy_loss(logits, targets.narrow(0, first, count), {}, at::Reduction::Sum) / kBatch;
  }
  torch::Tensor gradients() const {
    std::vector<torch::Tensor> flat;
    for (const auto& parameter : state.parameters) flat.push_back(parameter.tensor.grad().flatten());
    return torch::cat(flat).clone();
  }

  Perceptron network;
  checkpoint::TrainingState state;
  torch::Tensor images, targets;
};

torch::Tensor big_batch_gradients(torch::ScalarType type) {
  Problem problem(type);
  problem.loss(0, kBatch).backward();
  return problem.gradients();
}

void carry_out(Problem& problem, GradientSync& sync, const comm::Communicator& group, std::uint64_t micro_batch) {
  const data::Share share = data::plan_share(kBatch, group.rank(), group.size());
  const std::uint64_t steps = data::plan_micro_steps(kBatch, group.size(), micro_batch);
  sync.start_step();
  for (std::uint64_t m = 0; m < steps; ++m) {
    const data::Share micro = data::plan_micro_share(share, m, micro_batch);
    sync.start_backward(m + 1 == steps);
    if (micro.count > 0) {
      problem.loss(static_cast<std::int64_t>(micro.first), static_cast<std::int64_t>(micro.count)).backward();
    }
    sync.end_micro_step();
  }
  EXPECT_TRUE(sync.wait(true));
}

/// Largest difference from the big batch over ranks 1 to 4 and 1, 2, 4 and 8 micro-steps.
double largest_difference(torch::ScalarType type) {
  const torch::Tensor expected = big_batch_gradients(type);
  double largest = 0;
  std::mutex mutex;
  for (const int ranks : {1, 2, 3, 4}) {
    for (const std::uint64_t accumulation : {1U, 2U, 4U, 8U}) {
      comm::run_ranks(ranks, [&](comm::Communicator& group) {
        std::unique_lock one_at_a_time(mutex);  // the seed is the process's
        Problem problem(type);
        one_at_a_time.unlock();
        StepStatistics statistics(problem.network);
        const auto channel = comm::make_host_channel(group);
        GradientBuckets buckets(problem.state.parameters, 1, *channel);
        monitor::StepClock clock;
        Wholeness wholeness(group);
        GradientSync sync({buckets, statistics, *channel, torch::kCPU, clock, wholeness}, problem.state.parameters);
        const std::uint64_t largest_share = (kBatch + group.size() - 1) / static_cast<std::uint64_t>(group.size());
        carry_out(problem, sync, group, (largest_share + accumulation - 1) / accumulation);
        const double difference = (problem.gradients() - expected).abs().max().item<double>();
        const std::lock_guard guard(mutex);
        largest = std::max(largest, difference);
      });
    }
  }
  return largest;
}

TEST(BatchArithmetic, EqualsTheBigBatchInFloat64) {
  EXPECT_LT(largest_difference(torch::kFloat64), 1e-12);
}

TEST(BatchArithmetic, EqualsTheBigBatchInFloat32) {
  EXPECT_LT(largest_difference(torch::kFloat32), 5e-6);
}

}  // namespace
}  // namespace hpctrain::train
