#include "train/parameter_update.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "comm/thread_communicator.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

/// Weights whose moves are exact in floating point.
struct Weights {
  Weights() : parameters{{"a", torch::ones({2}).requires_grad_()}, {"b", torch::ones({1, 3}).requires_grad_()}} {
    for (auto& [name, tensor] : parameters) tensor.mutable_grad() = torch::zeros_like(tensor);
  }
  void set_gradients(float value) {
    for (auto& [name, tensor] : parameters) tensor.mutable_grad().fill_(value);
  }
  float first() const { return parameters[0].tensor[0].item<float>(); }
  float last() const { return parameters[1].tensor[0][2].item<float>(); }

  std::vector<NamedTensor> parameters;
};

const OptimizerSettings kPlainSgd{.kind = OptimizerKind::sgd, .momentum = 0, .nesterov = false, .weight_decay = 0};

TEST(ParameterUpdate, Fp16DividesGradientsByTheScaleThatTheLossCameWith) {
  Weights weights;
  ParameterUpdate update({.precision = Precision::fp16}, kPlainSgd, weights.parameters);
  weights.set_gradients(update.scaled(torch::tensor(0.5f)).item<float>());
  EXPECT_EQ(update.run(0, 1.0).loss_scale.item<float>(), 65536);
  EXPECT_EQ(weights.first(), 0.5f);
}

TEST(ParameterUpdate, AnOverflowMovesNothingAndHalvesTheScale) {
  for (const auto kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw, OptimizerKind::lars}) {
    Weights weights;
    OptimizerSettings settings;
    settings.kind = kind;
    ParameterUpdate update({.precision = Precision::fp16}, settings, weights.parameters);
    std::vector<torch::Tensor> before;
    for (const auto& [name, tensor] : update.state()) before.push_back(tensor.clone());
    weights.set_gradients(1);
    weights.parameters[1].tensor.mutable_grad()[0][1] = INFINITY;
    const auto report = update.run(0, 1.0);
    EXPECT_EQ(report.is_skipped.item<float>(), 1);
    EXPECT_EQ(weights.first(), 1);
    EXPECT_EQ(weights.last(), 1);
    const auto after = update.state();
    for (std::size_t i = 0; i < after.size(); ++i)
      EXPECT_TRUE(torch::equal(after[i].tensor, before[i])) << after[i].name;
    EXPECT_EQ(update.steering().at("loss_scale"), 32768);
    EXPECT_EQ(update.steering().at("skipped_updates"), 1);
  }
}

TEST(ParameterUpdate, OneRanksOverflowIsSeenByAllInTheirSums) {
  constexpr int kRanks = 3;
  std::array<float, kRanks> weights_of{}, skipped_of{};
  comm::run_ranks(kRanks, [&](comm::Communicator& group) {
    Weights weights;
    ParameterUpdate update({.precision = Precision::fp16}, kPlainSgd, weights.parameters);
    for (std::uint64_t step = 0; step < 3; ++step) {
      weights.set_gradients(65536.0f / kRanks);
      const bool overflows = step == 1 && group.rank() == 2;
      // Infinity, and infinities of both signs: the second sums to no number at all.
      if (overflows) weights.parameters[0].tensor.mutable_grad()[0] = INFINITY;
      if (step == 1 && group.rank() == 0) weights.parameters[0].tensor.mutable_grad()[0] = -INFINITY;
      for (const auto& [name, tensor] : weights.parameters) {
        auto gradient = tensor.grad();
        group.all_reduce({gradient.data_ptr(), static_cast<std::size_t>(gradient.numel()), comm::ElementType::f32},
                         comm::ReduceOp::sum);
      }
      const auto report = update.run(step, 0.25);
      skipped_of[static_cast<std::size_t>(group.rank())] = report.skipped_updates.item<float>();
    }
    weights_of[static_cast<std::size_t>(group.rank())] = weights.last();
  });
  for (int rank = 0; rank < kRanks; ++rank) {
    EXPECT_EQ(skipped_of[static_cast<std::size_t>(rank)], 1);
    // One update of 0.25 with the first scale, one with half of it, which makes gradients twice as large.
    EXPECT_EQ(weights_of[static_cast<std::size_t>(rank)], 1 - 0.25f - 0.5f);
  }
}

TEST(ParameterUpdate, WithoutSkipsGradientsThatAreNoNumbersReachTheWeights) {
  Weights weights;
  ParameterUpdate update({}, kPlainSgd, weights.parameters);
  weights.set_gradients(NAN);
  EXPECT_FALSE(update.run(0, 1.0).is_skipped.defined());
  EXPECT_TRUE(std::isnan(weights.first()));
}

TEST(ParameterUpdate, NanSkipsLeaveWeightsAndStatisticsAlone) {
  Weights weights;
  ParameterUpdate update({.nan_skips = 3}, kPlainSgd, weights.parameters);
  weights.set_gradients(NAN);
  update.run(0, 1.0);
  EXPECT_EQ(weights.first(), 1);
  EXPECT_TRUE(torch::equal(update.usable_statistics(torch::tensor({4.0f, NAN})), torch::zeros({2})));
  EXPECT_TRUE(torch::equal(update.usable_statistics(torch::tensor({4.0f, 2.0f})), torch::tensor({4.0f, 2.0f})));
}

TEST(ParameterUpdate, ClippingReportsTheNormBeforeIt) {
  Weights weights;
  OptimizerSettings settings = kPlainSgd;
  settings.clip_norm = 0.5;
  ParameterUpdate update({}, settings, weights.parameters);
  weights.set_gradients(2);
  EXPECT_NEAR(update.run(0, 1.0).gradient_norm.item<double>(), 2 * std::sqrt(5.0), 1e-6);
  EXPECT_NEAR(weights.first(), 1 - 0.5 / std::sqrt(5.0), 1e-5);
}

TEST(ParameterUpdate, LossScaleAndCountersComeBackFromACheckpoint) {
  Weights weights;
  ParameterUpdate first({.precision = Precision::fp16}, kPlainSgd, weights.parameters);
  for (const float gradient : {1.0f, INFINITY, INFINITY, 1.0f}) {
    weights.set_gradients(gradient);
    first.run(0, 0.0);
  }
  const auto saved = nlohmann::json::parse(first.steering().dump());
  ParameterUpdate second({.precision = Precision::fp16}, kPlainSgd, weights.parameters);
  second.restore(saved);
  EXPECT_EQ(second.steering(), saved);
  EXPECT_EQ(saved, (nlohmann::json{{"loss_scale", 16384.0}, {"growth_tracker", 1}, {"skipped_updates", 2.0}}));
}

TEST(ParameterUpdate, ARunMayGoOnInAnotherNumberFormat) {
  Weights weights;
  ParameterUpdate update({.precision = Precision::fp16}, kPlainSgd, weights.parameters);
  update.restore(nlohmann::json::object());
  EXPECT_EQ(update.steering().at("loss_scale"), 65536);
}

TEST(WeightAverage, StandsInTheParametersPlaceForAWhile) {
  Weights weights;
  ParameterUpdate update({.ema_decay = 0.5}, kPlainSgd, weights.parameters);
  weights.set_gradients(1);
  update.run(8, 1.0);  // the ninth update: the decay is 10/19, more than a half
  EXPECT_EQ(weights.first(), 0);
  {
    const WeightAverage::Scope averaged(update.average());
    EXPECT_EQ(weights.first(), 0.5f);
  }
  EXPECT_EQ(weights.first(), 0);
}

}  // namespace
}  // namespace hpctrain::train
