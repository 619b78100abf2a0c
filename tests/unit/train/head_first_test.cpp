// Which parameters move while the head learns alone, and that nothing tells afterwards who moved them.
#include "train/head_first.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <map>
#include <string>

#include "train/parameter_update.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

std::vector<NamedTensor> make_parameters() {
  std::vector<NamedTensor> parameters;
  for (const char* name : {"fc_like.weight", "conv.weight", "fc.weight", "fc.bias"}) {
    const auto tensor = torch::full({3}, 2.0f).requires_grad_();
    tensor.mutable_grad() = torch::zeros({3});
    parameters.push_back({name, tensor});
  }
  return parameters;
}

void set_gradients(const std::vector<NamedTensor>& parameters, Learning learning) {
  for (const auto& [name, tensor] : parameters) {
    tensor.mutable_grad().fill_(learning == Learning::everything || is_of_head(name, "fc") ? 0.5 : 0);
  }
}

std::map<std::string, torch::Tensor> copies(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, torch::Tensor> copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.detach().clone();
  return copies;
}

TEST(HeadFirst, WantsGradientsOfTheHeadAloneUntilTheBorder) {
  const auto parameters = make_parameters();
  HeadFirst head_first(parameters, "fc", 2);
  const auto wanted = [&](std::uint64_t step) {
    head_first.begin_step(step);
    std::string names;
    for (const auto& [name, tensor] : parameters) names += tensor.requires_grad() ? name + " " : "";
    return names;
  };
  EXPECT_EQ(wanted(0), "fc.weight fc.bias ");
  EXPECT_EQ(wanted(1), "fc.weight fc.bias ");
  EXPECT_EQ(wanted(2), "fc_like.weight conv.weight fc.weight fc.bias ");
  EXPECT_EQ(wanted(1), "fc.weight fc.bias ");
}

TEST(HeadFirst, BackwardLeavesNothingInWhatDoesNotLearn) {
  const auto parameters = make_parameters();
  HeadFirst head_first(parameters, "fc", 1);
  for (const std::uint64_t step : {0, 1}) {
    for (const auto& [name, tensor] : parameters) tensor.mutable_grad().zero_();
    head_first.begin_step(step);
    (parameters[1].tensor * parameters[2].tensor).sum().backward();
    EXPECT_EQ(parameters[1].tensor.grad().sum().item<float>(), step == 0 ? 0 : 6);
    EXPECT_EQ(parameters[2].tensor.grad().sum().item<float>(), 6);
  }
}

class HeadFirstUpdates : public testing::TestWithParam<OptimizerKind> {};

TEST_P(HeadFirstUpdates, MoveNothingElseAndThenMoveAllAsIfNothingHadBeen) {
  OptimizerSettings settings;
  settings.kind = GetParam();
  settings.clip_norm = 1;
  const TrainSettings train{.ema_decay = 0.9, .head_only_epochs = 1};
  const auto parameters = make_parameters();
  ParameterUpdate update(train, settings, parameters, "fc");
  const auto before = copies(parameters), state_before = copies(update.state());
  set_gradients(parameters, Learning::head);
  for (std::uint64_t step = 0; step < 3; ++step) update.run(step, 0.1, Learning::head);
  for (const auto& [name, tensor] : copies(parameters)) {
    EXPECT_EQ(torch::equal(tensor, before.at(name)), !is_of_head(name, "fc")) << name;
  }
  for (const auto& [name, tensor] : copies(update.state())) {
    const bool is_heads = name.ends_with("/fc.weight") || name.ends_with("/fc.bias");
    if (is_heads) continue;
    EXPECT_TRUE(torch::equal(tensor, state_before.at(name))) << name;
  }

  // Oracle: an update of its own for the rest, made at the border.
  const auto others = make_parameters();
  ParameterUpdate fresh({}, settings, others);
  set_gradients(parameters, Learning::everything);
  set_gradients(others, Learning::everything);
  update.run(3, 0.1, Learning::everything);
  fresh.run(0, 0.1);
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_TRUE(torch::equal(parameters[i].tensor, others[i].tensor)) << parameters[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, HeadFirstUpdates,
                         testing::Values(OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw,
                                         OptimizerKind::lars));

TEST(HeadFirst, StateHoldsEveryParameterOnceWhateverMovesFirst) {
  const auto parameters = make_parameters();
  OptimizerSettings settings;
  settings.kind = OptimizerKind::adam;
  ParameterUpdate staged({.head_only_epochs = 1}, settings, parameters, "fc"), plain({}, settings, parameters, "fc");
  std::vector<std::string> staged_names, plain_names;
  for (const auto& [name, tensor] : copies(staged.state())) staged_names.push_back(name);
  for (const auto& [name, tensor] : copies(plain.state())) plain_names.push_back(name);
  EXPECT_EQ(staged_names, plain_names);
  EXPECT_EQ(staged.state().size(), plain.state().size());
}

}  // namespace
}  // namespace hpctrain::train
