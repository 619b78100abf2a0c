// Channels weighed by what the whole image shows.
#pragma once

#include <torch/nn/modules/conv.h>

#include <cstdint>

#include "models/normalised_convolution.hpp"

namespace hpctrain::models {

struct SqueezePlan {
  std::int64_t channels = 0;              ///< of the squeezed description; 0: no such layer
  Activation inner = Activation::relu;    ///< between the two 1×1 convolutions
  Activation gate = Activation::sigmoid;  ///< from their answer to a factor
};

/// Each channel times a factor that two 1×1 convolutions read off the means of all channels. Tensors are named as
/// torchvision's: fc1, fc2.
///   shapes  [N, channels, H, W] → the same
///   source  Squeeze-and-Excitation Networks, Hu et al. 2018
class SqueezeExcitation : public torch::nn::Module {
 public:
  SqueezeExcitation(std::int64_t channels, const SqueezePlan& plan);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  SqueezePlan plan_;
  torch::nn::Conv2d fc1_{nullptr};
  torch::nn::Conv2d fc2_{nullptr};
};

}  // namespace hpctrain::models
