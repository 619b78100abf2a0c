// The oracle is torch's own C++ optimizer classes, which share no code with the fused kernels used here.
#include "train/optimizer.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

std::vector<NamedTensor> make_parameters(std::uint64_t seed) {
  torch::manual_seed(seed);
  std::vector<NamedTensor> parameters;
  for (const auto& [name, shape] :
       std::vector<std::pair<std::string, std::vector<std::int64_t>>>{{"a", {3, 4}}, {"b", {7}}, {"c", {2, 3, 3, 3}}}) {
    auto tensor = torch::randn(shape).requires_grad_();
    tensor.mutable_grad() = torch::zeros(shape);
    parameters.push_back({name, tensor});
  }
  return parameters;
}

std::vector<torch::Tensor> tensors_of(const std::vector<NamedTensor>& parameters) {
  std::vector<torch::Tensor> tensors;
  for (const auto& parameter : parameters) tensors.push_back(parameter.tensor);
  return tensors;
}

/// Runs 100 updates with the same gradients through ours and torch's and returns the largest difference.
double largest_difference(const OptimizerSettings& settings, torch::optim::Optimizer& reference,
                          const std::vector<NamedTensor>& theirs) {
  auto ours = make_parameters(5);
  const auto optimizer = make_optimizer(settings, ours);
  for (int step = 0; step < 100; ++step) {
    torch::manual_seed(static_cast<std::uint64_t>(1000 + step));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const auto gradient = torch::randn(ours[i].tensor.sizes());
      ours[i].tensor.mutable_grad().copy_(gradient);
      torch::Tensor their_parameter = theirs[i].tensor;
      their_parameter.mutable_grad().copy_(gradient);
    }
    optimizer->step(settings.lr);
    reference.step();
  }
  double largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    largest = std::max(largest, (ours[i].tensor - theirs[i].tensor).abs().max().item<double>());
  }
  return largest;
}

TEST(Optimizer, SgdWithNesterovFollowsTorch) {
  const auto theirs = make_parameters(5);
  torch::optim::SGD reference(tensors_of(theirs),
                              torch::optim::SGDOptions(0.01).momentum(0.9).nesterov(true).weight_decay(5e-4));
  EXPECT_LT(largest_difference({.kind = OptimizerKind::sgd, .lr = 0.01, .weight_decay = 5e-4}, reference, theirs),
            1e-6);
}

TEST(Optimizer, SgdWithoutMomentumFollowsTorchAndHasNoState) {
  const OptimizerSettings settings{.kind = OptimizerKind::sgd, .lr = 0.01, .momentum = 0, .weight_decay = 0};
  const auto theirs = make_parameters(5);
  torch::optim::SGD reference(tensors_of(theirs), torch::optim::SGDOptions(0.01));
  EXPECT_LT(largest_difference(settings, reference, theirs), 1e-6);
  EXPECT_TRUE(make_optimizer(settings, theirs)->state().empty());
}

TEST(Optimizer, AdamWFollowsTorch) {
  const auto theirs = make_parameters(5);
  torch::optim::AdamW reference(tensors_of(theirs), torch::optim::AdamWOptions(1e-3).weight_decay(0.05));
  EXPECT_LT(largest_difference({.kind = OptimizerKind::adamw, .lr = 1e-3, .weight_decay = 0.05}, reference, theirs),
            1e-6);
}

TEST(Optimizer, StateIsSharedSoThatRestoringIntoItContinuesTheRun) {
  const OptimizerSettings settings{.kind = OptimizerKind::adamw, .lr = 1e-2};
  auto unbroken = make_parameters(9);
  auto resumed = make_parameters(9);
  const auto first = make_optimizer(settings, unbroken);
  for (auto& parameter : unbroken) parameter.tensor.mutable_grad().fill_(0.5);
  first->step(settings.lr);

  const auto second = make_optimizer(settings, resumed);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < resumed.size(); ++i) resumed[i].tensor.copy_(unbroken[i].tensor);
  const auto from = first->state();
  const auto to = second->state();
  for (std::size_t i = 0; i < to.size(); ++i) {
    EXPECT_EQ(to[i].name, from[i].name);
    to[i].tensor.detach().copy_(from[i].tensor);
  }
  for (auto& parameter : unbroken) parameter.tensor.mutable_grad().fill_(-0.25);
  for (auto& parameter : resumed) parameter.tensor.mutable_grad().fill_(-0.25);
  first->step(settings.lr);
  second->step(settings.lr);
  for (std::size_t i = 0; i < resumed.size(); ++i) EXPECT_TRUE(torch::equal(resumed[i].tensor, unbroken[i].tensor));
}

}  // namespace
}  // namespace hpctrain::train
