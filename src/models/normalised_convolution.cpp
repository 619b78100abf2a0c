#include "models/normalised_convolution.hpp"

#include <torch/nn.h>

#include "core/error.hpp"

namespace hpctrain::models {

torch::Tensor activate(torch::Tensor values, Activation activation) {
  switch (activation) {
    case Activation::none:
      return values;
    case Activation::relu:
      return values.relu_();
    // The backward passes of these need what they were given.
    case Activation::silu:
      return torch::silu(values);
    case Activation::hardswish:
      return torch::hardswish(values);
    case Activation::sigmoid:
      return values.sigmoid_();
    case Activation::hardsigmoid:
      return torch::hardsigmoid(values);
  }
  throw Error(Fault::bug, "activation without a function");
}

NormalisedConvolution::NormalisedConvolution(const ConvolutionShape& shape, Activation activation,
                                             const NormalisationSettings& normalisation)
    : activation_(activation) {
  const auto options = torch::nn::Conv2dOptions(shape.from, shape.to, shape.kernel)
                           .stride(shape.stride)
                           .padding(shape.kernel / 2)
                           .groups(shape.groups)
                           .bias(false);
  convolution_ = register_module("0", torch::nn::Conv2d(options));
  normalisation_ =
      register_module("1", std::make_shared<BatchNorm>(shape.to, normalisation.epsilon, normalisation.momentum));
}

torch::Tensor NormalisedConvolution::forward(const torch::Tensor& input) {
  return activate(normalisation_->forward(convolution_(input)), activation_);
}

}  // namespace hpctrain::models
