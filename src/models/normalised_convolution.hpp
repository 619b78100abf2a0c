// Convolution, batch normalisation, activation: the layer that mobile networks are made of.
#pragma once

#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>

#include "models/batch_norm.hpp"

namespace hpctrain::models {

enum class Activation { none, relu, silu, hardswish, sigmoid, hardsigmoid };

/// May change `values` in place: they must be nobody else's.
torch::Tensor activate(torch::Tensor values, Activation activation);

struct ConvolutionShape {
  std::int64_t from = 0;    ///< channels in
  std::int64_t to = 0;      ///< channels out
  std::int64_t kernel = 1;  ///< odd
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

struct NormalisationSettings {
  double epsilon = 1e-5;
  double momentum = 0.1;
};

/// Tensors are named as in torchvision's Conv2dNormActivation: "0" the convolution, "1" the normalisation.
///   shapes  [N, from, H, W] → [N, to, H/stride, W/stride], fractions rounded up
class NormalisedConvolution : public torch::nn::Module {
 public:
  NormalisedConvolution(const ConvolutionShape& shape, Activation activation,
                        const NormalisationSettings& normalisation = {});
  torch::Tensor forward(const torch::Tensor& input);

 private:
  torch::nn::Conv2d convolution_{nullptr};
  std::shared_ptr<BatchNorm> normalisation_;
  Activation activation_;
};

}  // namespace hpctrain::models
