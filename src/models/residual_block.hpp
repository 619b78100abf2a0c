// The two building blocks of residual networks. Knows nothing of stems, stages or heads.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>

#include "models/batch_norm.hpp"

namespace hpctrain::models {

/// Two 3×3 convolutions around a shortcut.
///   shapes  [N, channels, H, W] → [N, width, H/stride, W/stride], halves rounded up
class BasicBlock : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 1;  ///< channels out per width

  BasicBlock(std::int64_t channels, std::int64_t width, std::int64_t stride);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  torch::nn::Conv2d conv1_{nullptr};
  std::shared_ptr<BatchNorm> bn1_;
  torch::nn::Conv2d conv2_{nullptr};
  std::shared_ptr<BatchNorm> bn2_;
  torch::nn::Sequential downsample_{nullptr};  ///< empty: the shortcut is the input itself
};

/// 1×1 down to `width`, 3×3, 1×1 up again, around a shortcut.
///   shapes  [N, channels, H, W] → [N, 4·width, H/stride, W/stride], halves rounded up
class Bottleneck : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 4;

  Bottleneck(std::int64_t channels, std::int64_t width, std::int64_t stride);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  torch::nn::Conv2d conv1_{nullptr};
  std::shared_ptr<BatchNorm> bn1_;
  torch::nn::Conv2d conv2_{nullptr};
  std::shared_ptr<BatchNorm> bn2_;
  torch::nn::Conv2d conv3_{nullptr};
  std::shared_ptr<BatchNorm> bn3_;
  torch::nn::Sequential downsample_{nullptr};
};

/// A convolution without bias that keeps the size but for `stride`: batch normalisation follows and has its own bias.
torch::nn::Conv2d make_convolution(std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t stride);

}  // namespace hpctrain::models
