// Batch normalisation over ranks beside torch's own over the joined batch.
#include <gtest/gtest.h>
#include <torch/nn.h>

#include <vector>

#include "comm/thread_communicator.hpp"
#include "models/batch_norm.hpp"
#include "train/statistics_over_ranks.hpp"

namespace hpctrain::train {
namespace {

constexpr std::int64_t kChannels = 3;
constexpr double kTolerance = 1e-10;

/// What one batch does to its normalisation.
struct Passes {
  torch::Tensor output, of_input, of_weight, of_bias, running_mean, running_var;
};

struct Problem {
  torch::Tensor images, upstream, weight, bias;

  explicit Problem(std::int64_t samples) {
    torch::manual_seed(9);
    const auto wide = torch::TensorOptions().dtype(torch::kFloat64);
    // Channels far from zero: a variance as a difference of squares would show.
    const auto centres = torch::tensor({100.0, -3.0, 0.0}, wide).view({1, kChannels, 1, 1});
    images = torch::randn({samples, kChannels, 4, 5}, wide) * 2 + centres;
    upstream = torch::randn({samples, kChannels, 4, 5}, wide);
    weight = torch::rand({kChannels}, wide) + 0.5;
    bias = torch::randn({kChannels}, wide);
  }
};

/// Sets the parameters, runs both passes; `module` is torch's normalisation or ours.
template <typename Module>
Passes run_passes(Module& module, const Problem& problem, std::int64_t first, std::int64_t count) {
  module.to(torch::kFloat64);
  {
    const torch::NoGradGuard no_grad;
    module.named_parameters()["weight"].copy_(problem.weight);
    module.named_parameters()["bias"].copy_(problem.bias);
  }
  const auto input = problem.images.narrow(0, first, count).clone().requires_grad_();
  Passes passes;
  passes.output = module.forward(input);
  passes.output.backward(problem.upstream.narrow(0, first, count));
  passes.of_input = input.grad();
  passes.of_weight = module.named_parameters()["weight"].grad();
  passes.of_bias = module.named_parameters()["bias"].grad();
  passes.running_mean = module.named_buffers()["running_mean"];
  passes.running_var = module.named_buffers()["running_var"];
  return passes;
}

/// Every rank's passes over its part; running statistics moved once by what all staged.
std::vector<Passes> run_on_ranks(const Problem& problem, const std::vector<std::int64_t>& parts) {
  std::vector<Passes> found(parts.size());
  comm::run_ranks(static_cast<int>(parts.size()), [&](comm::Communicator& group) {
    const auto rank = static_cast<std::size_t>(group.rank());
    std::int64_t first = 0;
    for (std::size_t before = 0; before < rank; ++before) first += parts[before];
    StatisticsOverRanks over_ranks(group, torch::kCPU);
    models::BatchNorm norm(kChannels);
    norm.normalise_over(&over_ranks);
    found[rank] = run_passes(norm, problem, first, parts[rank]);
    const auto sums = norm.staged().clone();
    over_ranks.add_over_ranks(sums);
    norm.apply_staged(sums);
  });
  return found;
}

void expect_near(const torch::Tensor& found, const torch::Tensor& expected, const char* what) {
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  EXPECT_TRUE(torch::allclose(found, expected, 0, kTolerance)) << what << ": " << found - expected;
}

void expect_joined_batch(const std::vector<std::int64_t>& parts) {
  std::int64_t samples = 0;
  for (const std::int64_t part : parts) samples += part;
  const Problem problem(samples);
  torch::nn::BatchNorm2d reference(kChannels);
  const Passes expected = run_passes(*reference, problem, 0, samples);
  const auto found = run_on_ranks(problem, parts);
  auto of_weight = torch::zeros_like(expected.of_weight), of_bias = torch::zeros_like(expected.of_bias);
  std::int64_t first = 0;
  for (std::size_t rank = 0; rank < parts.size(); ++rank) {
    expect_near(found[rank].output, expected.output.narrow(0, first, parts[rank]), "output");
    expect_near(found[rank].of_input, expected.of_input.narrow(0, first, parts[rank]), "gradient of the input");
    expect_near(found[rank].running_mean, expected.running_mean, "running mean");
    expect_near(found[rank].running_var, expected.running_var, "running variance");
    of_weight += found[rank].of_weight;
    of_bias += found[rank].of_bias;
    first += parts[rank];
  }
  expect_near(of_weight, expected.of_weight, "gradient of the weight");
  expect_near(of_bias, expected.of_bias, "gradient of the bias");
}

TEST(SynchronisedBatchNorm, EqualsTorchOnTheJoinedBatchOfTwoRanksWithUnequalParts) {
  expect_joined_batch({3, 1});
}

TEST(SynchronisedBatchNorm, EqualsTorchOnTheJoinedBatchOfThreeRanksWithUnequalParts) {
  expect_joined_batch({1, 4, 2});
}

TEST(SynchronisedBatchNorm, ARankWithoutSamplesTakesPart) {
  expect_joined_batch({4, 0, 2});
}

TEST(SynchronisedBatchNorm, LeavesTheInputsNumberFormat) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    StatisticsOverRanks over_ranks(group, torch::kCPU);
    models::BatchNorm norm(kChannels);
    norm.normalise_over(&over_ranks);
    const auto input = torch::ones({2, kChannels, 4, 4}, torch::kBFloat16).requires_grad_();
    const auto output = norm.forward(input);
    output.sum().backward();
    EXPECT_EQ(output.scalar_type(), torch::kBFloat16);
    EXPECT_EQ(input.grad().scalar_type(), torch::kBFloat16);
    EXPECT_EQ(norm.named_parameters()["weight"].grad().scalar_type(), torch::kFloat32);
  });
}

}  // namespace
}  // namespace hpctrain::train
