// Wide residual networks of any depth and width: normalisation and activation come before each convolution.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "models/batch_norm.hpp"
#include "models/network.hpp"

namespace hpctrain::models {

/// "wrn-DEPTH-WIDTH".
struct WideResNetPlan {
  std::int64_t depth = 28;  ///< 6n + 4 convolutions, n blocks in each of three stages
  std::int64_t width = 10;  ///< times 16, 32 and 64 channels
};

/// True for names that begin as those of this family do, well-formed or not.
bool is_wide_resnet_name(std::string_view name) noexcept;

///   errors  Fault::usage when it is not "wrn-D-W" with D = 6n + 4 from 10 to 1000 and W from 1 to 64
WideResNetPlan read_wide_resnet_name(std::string_view name);

/// BN-ReLU-conv 3×3, dropout, BN-ReLU-conv 3×3 around a shortcut; where the shape changes, the shortcut is a 1×1
/// convolution of what the first activation gives.
///   shapes  [N, from, H, W] → [N, to, H/stride, W/stride], halves rounded up
class WideBlock : public torch::nn::Module {
 public:
  WideBlock(std::int64_t from, std::int64_t to, std::int64_t stride, double dropout);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  double dropout_;
  std::shared_ptr<BatchNorm> bn1_;
  torch::nn::Conv2d conv1_{nullptr};
  std::shared_ptr<BatchNorm> bn2_;
  torch::nn::Conv2d conv2_{nullptr};
  torch::nn::Conv2d shortcut_{nullptr};  ///< empty: the input itself
};

/// Stem (one convolution of 16 channels; Stem::imagenet halves twice), three stages, BN-ReLU, mean over all pixels, the
/// head. Tensors are named as in the PyTorch version that most published weights of this network come from: conv1,
/// block1.layer.0.conv1, …, bn1, fc.
///   shapes  [N, channels, height, width] → logits [N, outputs]
///   source  Wide Residual Networks, Zagoruyko and Komodakis 2016
class WideResNet : public Network {
 public:
  WideResNet(const WideResNetPlan& plan, const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  std::string_view head_name() const override { return "fc"; }
  bool can_recompute() const override { return true; }

  /// What the head reads.   shapes  → [N, feature_count()]
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override { return head_->options.in_features(); }

 private:
  Stem stem_;
  torch::nn::Conv2d conv1_{nullptr};
  std::array<torch::nn::Sequential, 3> stages_;
  std::shared_ptr<BatchNorm> bn1_;
  torch::nn::Linear head_{nullptr};
};

///   errors  Fault::usage: as read_wide_resnet_name(), require_images_fit()
std::shared_ptr<Network> make_wide_resnet(std::string_view name, const NetworkSpec& spec);

}  // namespace hpctrain::models
