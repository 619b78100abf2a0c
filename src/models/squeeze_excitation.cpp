#include "models/squeeze_excitation.hpp"

#include <torch/nn.h>

namespace hpctrain::models {

SqueezeExcitation::SqueezeExcitation(std::int64_t channels, const SqueezePlan& plan) : plan_(plan) {
  fc1_ = register_module("fc1", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, plan.channels, 1)));
  fc2_ = register_module("fc2", torch::nn::Conv2d(torch::nn::Conv2dOptions(plan.channels, channels, 1)));
}

torch::Tensor SqueezeExcitation::forward(const torch::Tensor& input) {
  const auto description = activate(fc1_(input.mean({2, 3}, /*keepdim=*/true)), plan_.inner);
  return input * activate(fc2_(description), plan_.gate);
}

}  // namespace hpctrain::models
