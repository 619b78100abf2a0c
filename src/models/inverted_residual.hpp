// The block of mobile networks: wide inside, narrow at its ends, where the shortcut joins.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>

#include "models/normalised_convolution.hpp"
#include "models/squeeze_excitation.hpp"

namespace hpctrain::models {

struct InvertedResidualPlan {
  std::int64_t from = 0;      ///< channels in
  std::int64_t expanded = 0;  ///< channels inside; equal to `from`: there is nothing to expand
  std::int64_t to = 0;        ///< channels out
  std::int64_t kernel = 3;    ///< of the convolution by channel
  std::int64_t stride = 1;
  Activation activation = Activation::relu;
  SqueezePlan squeeze{};
  NormalisationSettings normalisation{};
  double drop = 0;  ///< probability that training leaves a sample's branch out
};

/// 1×1 up to `expanded`, a convolution of each channel by itself, squeeze and excitation, 1×1 down to `to` without
/// activation; plus the input where shapes allow. Tensors are named as torchvision's: "block.0" onwards.
///   shapes  [N, from, H, W] → [N, to, H/stride, W/stride], halves rounded up
///   source  MobileNetV2, Sandler et al. 2018; with squeeze and excitation as in MobileNetV3, Howard et al. 2019
class InvertedResidual : public torch::nn::Module {
 public:
  explicit InvertedResidual(const InvertedResidualPlan& plan);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  InvertedResidualPlan plan_;
  torch::nn::Sequential block_;
};

}  // namespace hpctrain::models
