#include "models/inverted_residual.hpp"

#include <torch/nn.h>

#include "models/stochastic_depth.hpp"

namespace hpctrain::models {

InvertedResidual::InvertedResidual(const InvertedResidualPlan& plan) : plan_(plan) {
  const auto add_convolution = [&](const ConvolutionShape& shape, Activation activation) {
    block_->push_back(std::make_shared<NormalisedConvolution>(shape, activation, plan.normalisation));
  };
  if (plan.expanded != plan.from) add_convolution({.from = plan.from, .to = plan.expanded}, plan.activation);
  add_convolution({.from = plan.expanded,
                   .to = plan.expanded,
                   .kernel = plan.kernel,
                   .stride = plan.stride,
                   .groups = plan.expanded},
                  plan.activation);
  if (plan.squeeze.channels > 0) block_->push_back(std::make_shared<SqueezeExcitation>(plan.expanded, plan.squeeze));
  add_convolution({.from = plan.expanded, .to = plan.to}, Activation::none);
  register_module("block", block_);
}

torch::Tensor InvertedResidual::forward(const torch::Tensor& input) {
  auto output = block_->forward(input);
  if (plan_.stride != 1 || plan_.from != plan_.to) return output;
  return drop_branches(output, plan_.drop, is_training()).add_(input);
}

}  // namespace hpctrain::models
