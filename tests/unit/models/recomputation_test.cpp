// Networks that run their parts twice beside the same networks that keep everything: equal to the bit.
#include "models/recomputation.hpp"

#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "models/registry.hpp"
#include "models/statistics.hpp"

namespace hpctrain::models {
namespace {

/// bf16 on the CPU while it lives, as train::Autocast has it, which this room does not know.
class HalfWidth {
 public:
  explicit HalfWidth(bool is_on) : is_on_(is_on) {
    if (!is_on_) return;
    at::autocast::set_autocast_dtype(torch::kCPU, torch::kBFloat16);
    at::autocast::set_autocast_enabled(torch::kCPU, true);
    at::autocast::increment_nesting();
  }
  ~HalfWidth() {
    if (!is_on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(torch::kCPU, false);
  }

 private:
  bool is_on_;
};

class CountingHook final : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit CountingHook(int& calls) : calls_(calls) {}
  void operator()(const torch::autograd::Variable& /*tensor*/) override { ++calls_; }

 private:
  int& calls_;
};

NetworkSpec make_spec(const std::string& name) {
  NetworkSpec spec{.channels = 1, .height = 32, .width = 32, .outputs = 4, .stem = Stem::small, .dropout = 0.3};
  if (name == "unet") {
    spec.dropout.reset();
    spec.height = spec.width = 64;
  }
  if (name.starts_with("resnet")) spec.stem = Stem::imagenet;
  return spec;
}

torch::Tensor random_bytes() {
  return at::globalContext().defaultGenerator(torch::kCPU).get_state();
}

/// oneDNN's weight gradients in bf16, of kernels wider than their maps, differ from run to run all by themselves.
bool has_vague_gradient(const std::string& parameter) {
  return parameter.starts_with("head.spatial.");
}

/// All that two micro-steps leave behind.
struct Outcome {
  std::vector<torch::Tensor> losses, gradients, staged, generators;
  std::vector<int> hook_calls;
};

Outcome run_two_micro_steps(const std::string& name, bool is_recomputed, bool is_half_width) {
  torch::manual_seed(1);
  const auto network = make_network(name, make_spec(name));
  network->train();
  network->set_recomputation(is_recomputed);
  const auto parameters = network->parameters();
  Outcome outcome;
  outcome.hook_calls.resize(parameters.size());
  const auto names = network->named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].mutable_grad() = torch::zeros_like(parameters[i]);
    if (!is_half_width || !has_vague_gradient(names[i].key())) outcome.gradients.push_back(parameters[i].grad());
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[i],
                                                   std::make_unique<CountingHook>(outcome.hook_calls[i]));
  }
  const std::int64_t side = make_spec(name).height;
  const auto images = torch::linspace(-1, 1, 2 * 2 * side * side).mul(9).sin().view({2, 2, 1, side, side});
  for (int micro_step = 0; micro_step < 2; ++micro_step) {
    torch::Tensor outputs;
    {
      const HalfWidth format(is_half_width);
      outputs = network->forward(images[micro_step]);
    }
    const auto loss = outputs.to(torch::kFloat32).square().mean();
    outcome.generators.push_back(random_bytes());
    loss.backward();
    outcome.generators.push_back(random_bytes());
    outcome.losses.push_back(loss.detach());
  }
  for (auto* owner : statistics_owners(*network)) outcome.staged.push_back(owner->staged());
  for (const auto& parameter : parameters) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
  return outcome;
}

void expect_equal(const std::vector<torch::Tensor>& found, const std::vector<torch::Tensor>& expected,
                  const char* what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(torch::equal(found[i], expected[i])) << what << ' ' << i;
}

class Recomputation : public ::testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(Recomputation, ChangesNoBitOfLossGradientsStatisticsAndDraws) {
  const auto [name, is_half_width] = GetParam();
  const Outcome expected = run_two_micro_steps(name, false, is_half_width);
  const Outcome found = run_two_micro_steps(name, true, is_half_width);
  expect_equal(found.losses, expected.losses, "loss");
  expect_equal(found.gradients, expected.gradients, "gradient");
  expect_equal(found.staged, expected.staged, "staged statistics");
  expect_equal(found.generators, expected.generators, "generator");
  EXPECT_EQ(found.hook_calls, expected.hook_calls);
  EXPECT_EQ(found.hook_calls, std::vector<int>(found.hook_calls.size(), 2));
  EXPECT_FALSE(torch::equal(found.losses[0], found.losses[1]));
}

INSTANTIATE_TEST_SUITE_P(Networks, Recomputation,
                         ::testing::Combine(::testing::Values("resnet18", "resnet50", "wrn-10-1", "efficientnet-b0",
                                                              "mobilenet-v3-small", "unet", "scn"),
                                            ::testing::Bool()),
                         [](const auto& parameter) {
                           std::string name = std::get<0>(parameter.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + (std::get<1>(parameter.param) ? "_bf16" : "_fp32");
                         });

TEST(NetworksThatRecompute, AreThoseOfManyLayers) {
  std::vector<std::string> able;
  for (const auto& entry : networks()) {
    const auto network = entry.make({.height = 64, .width = 64, .stem = Stem::small});
    if (network->can_recompute()) able.emplace_back(entry.name);
  }
  EXPECT_EQ(able, (std::vector<std::string>{"resnet18", "resnet50", "resnet152", "unet", "efficientnet-b0",
                                            "mobilenet-v3-small", "scn"}));
}

TEST(NetworksThatRecompute, HandItOnToAnEncoder) {
  const NetworkSpec spec{.height = 32, .width = 32, .stem = Stem::small, .has_projector = true};
  EXPECT_TRUE(make_network("resnet18", spec)->can_recompute());
  EXPECT_FALSE(make_network("small-convnet", spec)->can_recompute());
  EXPECT_ANY_THROW(make_network("small-convnet", spec)->set_recomputation(true));
}

/// One linear layer, and how often it ran.
struct CountedPart {
  torch::nn::Linear layer{3, 3};
  int runs = 0;

  torch::Tensor run(const torch::Tensor& input) {
    const auto part = [this](const std::vector<torch::Tensor>& inputs) {
      ++runs;
      return layer(inputs.front()).tanh();
    };
    return run_part(true, {layer.get()}, part, {input});
  }
};

TEST(RecomputedPart, RunsOnceMoreInBackward) {
  CountedPart part;
  const auto output = part.run(torch::ones({2, 3}));
  EXPECT_EQ(part.runs, 1);
  output.sum().backward();
  EXPECT_EQ(part.runs, 2);
}

TEST(RecomputedPart, RunsPlainlyWhereNoGradientIsAskedFor) {
  CountedPart part;
  {
    const torch::NoGradGuard no_grad;
    EXPECT_FALSE(part.run(torch::ones({2, 3})).requires_grad());
  }
  for (auto& parameter : part.layer->parameters()) parameter.set_requires_grad(false);
  EXPECT_FALSE(part.run(torch::ones({2, 3})).requires_grad());
  EXPECT_EQ(part.runs, 2);
}

TEST(RecomputedPart, OfFrozenLayersHandsTheGradientOn) {
  CountedPart part;
  for (auto& parameter : part.layer->parameters()) parameter.set_requires_grad(false);
  const auto input = torch::ones({2, 3}).requires_grad_();
  part.run(input).sum().backward();
  const auto recomputed = input.grad().clone();
  input.mutable_grad() = torch::Tensor();
  part.layer(input).tanh().sum().backward();
  EXPECT_TRUE(torch::equal(recomputed, input.grad()));
  EXPECT_FALSE(part.layer->weight.grad().defined());
}

TEST(RecomputedPart, RefusesAnInputThatChangedInPlace) {
  CountedPart part;
  const auto input = torch::ones({2, 3});
  const auto output = part.run(input);
  input.add_(1);
  EXPECT_THROW(output.sum().backward(), c10::Error);
}

TEST(RecomputedPart, RefusesASecondBackwardAsEveryGraphDoes) {
  CountedPart part;
  const auto loss = part.run(torch::ones({2, 3})).sum();
  loss.backward();
  EXPECT_THROW(loss.backward(), c10::Error);
}

TEST(RecomputedPart, LeavesEverythingAsItWasWhenTheSecondRunFails) {
  torch::nn::Linear layer(3, 3);
  bool is_lacking = false;
  const auto part = [&](const std::vector<torch::Tensor>& inputs) {
    const auto drawn = torch::rand({3});
    TORCH_CHECK_WITH(OutOfMemoryError, !is_lacking, "no memory for ", drawn.numel());
    return layer(inputs.front()) * drawn;
  };
  const auto output = run_part(true, {layer.get()}, part, {torch::ones({2, 3})});
  is_lacking = true;
  const auto before = random_bytes();
  EXPECT_THROW(output.sum().backward(), c10::OutOfMemoryError);
  EXPECT_TRUE(torch::equal(random_bytes(), before));
  EXPECT_FALSE(is_second_run());
  EXPECT_TRUE(at::autocast::is_autocast_cache_enabled());
  is_lacking = false;
  run_part(true, {layer.get()}, part, {torch::ones({2, 3})}).sum().backward();
  EXPECT_TRUE(layer->weight.grad().defined());
}

}  // namespace
}  // namespace hpctrain::models
