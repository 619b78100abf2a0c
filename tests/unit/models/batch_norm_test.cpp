// Own batch normalisation beside torch's: same numbers, running statistics only when asked.
#include "models/batch_norm.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include "core/error.hpp"

namespace hpctrain::models {
namespace {

constexpr std::int64_t kChannels = 5;

struct Twins {
  std::shared_ptr<BatchNorm> ours = std::make_shared<BatchNorm>(kChannels);
  torch::nn::BatchNorm2d theirs{kChannels};

  Twins() {
    torch::manual_seed(3);
    const torch::NoGradGuard no_grad;
    for (const auto& item : theirs->named_parameters()) {
      item.value().copy_(torch::rand(kChannels) + 0.5);
      ours->named_parameters()[item.key()].copy_(item.value());
    }
    theirs->running_mean.copy_(torch::randn(kChannels));
    theirs->running_var.copy_(torch::rand(kChannels) + 0.5);
    ours->named_buffers()["running_mean"].copy_(theirs->running_mean);
    ours->named_buffers()["running_var"].copy_(theirs->running_var);
  }
};

torch::Tensor make_images(std::int64_t count) {
  return torch::randn({count, kChannels, 6, 7}) * 3 + 2;
}

void expect_near(const torch::Tensor& found, const torch::Tensor& expected, double tolerance) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  const double worst = (found - expected).abs().max().item<double>();
  EXPECT_LE(worst, tolerance);
}

void expect_equal_passes(Twins& twins) {
  const auto images = make_images(4);
  const auto upstream = torch::randn_like(images);
  const auto our_input = images.clone().requires_grad_();
  const auto their_input = images.clone().requires_grad_();
  const auto our_output = twins.ours->forward(our_input);
  const auto their_output = twins.theirs(their_input);
  our_output.backward(upstream);
  their_output.backward(upstream);
  expect_near(our_output, their_output, 0);
  expect_near(our_input.grad(), their_input.grad(), 0);
  for (const auto& item : twins.theirs->named_parameters()) {
    expect_near(twins.ours->named_parameters()[item.key()].grad(), item.value().grad(), 0);
  }
}

TEST(BatchNorm, HasTorchsNamesAndStartingValues) {
  const BatchNorm ours(kChannels);
  const torch::nn::BatchNorm2d theirs(kChannels);
  EXPECT_EQ(ours.named_parameters().keys(), theirs->named_parameters().keys());
  EXPECT_EQ(ours.named_buffers().keys(), theirs->named_buffers().keys());
  for (const auto& item : theirs->named_parameters()) {
    EXPECT_TRUE(torch::equal(ours.named_parameters()[item.key()], item.value())) << item.key();
  }
  for (const auto& item : theirs->named_buffers()) {
    EXPECT_TRUE(torch::equal(ours.named_buffers()[item.key()], item.value())) << item.key();
  }
}

TEST(BatchNorm, PassesForwardAndBackwardLikeTorchInTraining) {
  Twins twins;
  expect_equal_passes(twins);
}

TEST(BatchNorm, PassesForwardAndBackwardLikeTorchInEvaluation) {
  Twins twins;
  twins.ours->eval();
  twins.theirs->eval();
  expect_equal_passes(twins);
}

TEST(BatchNorm, LeavesRunningStatisticsAloneInForward) {
  Twins twins;
  const auto mean_before = twins.ours->named_buffers()["running_mean"].clone();
  twins.ours->forward(make_images(4));
  EXPECT_TRUE(torch::equal(twins.ours->named_buffers()["running_mean"], mean_before));
  EXPECT_EQ(twins.ours->named_buffers()["num_batches_tracked"].item<std::int64_t>(), 0);
}

TEST(BatchNorm, AppliesOneMicroBatchAsTorchDoes) {
  Twins twins;
  for (int step = 0; step < 3; ++step) {
    const auto images = make_images(4);
    twins.theirs(images);
    twins.ours->forward(images);
    twins.ours->apply_staged(twins.ours->staged());
    twins.ours->clear_staged();
  }
  for (const auto& item : twins.theirs->named_buffers()) {
    expect_near(twins.ours->named_buffers()[item.key()], item.value(), 1e-6);
  }
}

// Oracle: the weighted formula in double precision over unequal micro-batches, half of them "on another rank".
TEST(BatchNorm, AppliesTheWeightedMeanOverFourMicroBatchesOfTwoRanks) {
  Twins first_rank;
  Twins second_rank;
  const auto start = first_rank.ours->named_buffers()["running_var"].to(torch::kDouble);
  const auto start_mean = first_rank.ours->named_buffers()["running_mean"].to(torch::kDouble);
  auto mean = torch::zeros(kChannels, torch::kDouble);
  auto variance = torch::zeros(kChannels, torch::kDouble);
  for (const std::int64_t count : {4, 3, 2, 1}) {
    const auto images = make_images(count);
    (count > 2 ? first_rank : second_rank).ours->forward(images);
    const auto values = images.to(torch::kDouble).transpose(0, 1).flatten(1);
    mean += values.mean(1) * (static_cast<double>(count) / 10);
    variance += values.var(1, /*unbiased=*/true) * (static_cast<double>(count) / 10);
  }
  first_rank.ours->apply_staged(first_rank.ours->staged() + second_rank.ours->staged());
  const auto buffers = first_rank.ours->named_buffers();
  expect_near(buffers["running_mean"], 0.9 * start_mean + 0.1 * mean, 1e-6);
  expect_near(buffers["running_var"], 0.9 * start + 0.1 * variance, 2e-6);
  EXPECT_EQ(buffers["num_batches_tracked"].item<std::int64_t>(), 1);
}

TEST(BatchNorm, StagesNothingInEvaluationAndForAnEmptyMicroBatch) {
  BatchNorm norm(kChannels);
  EXPECT_EQ(norm.forward(make_images(0)).numel(), 0);
  norm.eval();
  norm.forward(make_images(4));
  EXPECT_EQ(norm.staged().abs().sum().item<double>(), 0);
  ASSERT_EQ(norm.staged().numel(), 2 * kChannels + 1);
}

TEST(BatchNorm, AnEmptyMicroBatchGivesZeroGradients) {
  BatchNorm norm(kChannels);
  norm.forward(make_images(0)).sum().backward();
  EXPECT_EQ(norm.named_parameters()["weight"].grad().abs().sum().item<double>(), 0);
}

TEST(BatchNorm, ChangesNothingWhenNoRankStagedAnything) {
  Twins twins;
  const auto before = twins.ours->named_buffers()["running_var"].clone();
  twins.ours->apply_staged(twins.ours->staged());
  EXPECT_TRUE(torch::equal(twins.ours->named_buffers()["running_var"], before));
  EXPECT_EQ(twins.ours->named_buffers()["num_batches_tracked"].item<std::int64_t>(), 0);
}

TEST(BatchNorm, ForgetsWhatADroppedStepStaged) {
  BatchNorm norm(kChannels);
  norm.forward(make_images(4));
  EXPECT_EQ(norm.staged()[0].item<double>(), 4 * 6 * 7);
  norm.clear_staged();
  EXPECT_EQ(norm.staged().abs().sum().item<double>(), 0);
}

TEST(BatchNorm, RefusesToNormaliseASingleValue) {
  BatchNorm norm(kChannels);
  try {
    norm.forward(torch::randn({1, kChannels, 1, 1}));
    FAIL() << "one value per channel was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
  }
}

}  // namespace
}  // namespace hpctrain::models
