// Residual networks under torchvision's parameter and buffer names, so that weights move both ways.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <memory>

#include "models/batch_norm.hpp"
#include "models/network.hpp"

namespace hpctrain::models {

/// What tells one member of the family from another.
struct ResNetPlan {
  enum class Block { basic, bottleneck };
  Block block = Block::basic;
  std::array<std::int64_t, 4> blocks_per_stage{};
};

/// Stem, four stages of residual blocks (64, 128, 256, 512 channels wide), mean over all pixels, dropout, one linear
/// layer.
/// Stem::imagenet takes 1 or 3 channels; a grey image is repeated three times, so weights of colour networks fit.
///   shapes  [N, channels, height, width] → logits [N, outputs]
///   source  Deep Residual Learning, He et al. 2015; stride in the 3×3 convolution as in torchvision
class ResNet : public Network {
 public:
  ResNet(const ResNetPlan& plan, const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override { return stage_channels_; }
  std::string_view head_name() const override { return "fc"; }
  bool can_recompute() const override { return true; }

 private:
  torch::nn::Sequential make_stage(const ResNetPlan& plan, std::int64_t width, std::int64_t blocks,
                                   std::int64_t stride);
  /// All in front of the stages.
  torch::Tensor begin(const torch::Tensor& images);

  Stem stem_;
  double dropout_;
  std::int64_t stage_channels_ = 64;  ///< coming out of the newest stage
  torch::nn::Conv2d conv1_{nullptr};
  std::shared_ptr<BatchNorm> bn1_;
  std::array<torch::nn::Sequential, 4> stages_{nullptr, nullptr, nullptr, nullptr};
  torch::nn::Linear fc_{nullptr};
};

///   errors  Fault::usage when the images are so small that a stage would halve a single pixel (imagenet stem: at least
///           17×17, small: 5×5), or when the imagenet stem is given other than 1 or 3 channels
std::shared_ptr<Network> make_resnet18(const NetworkSpec& spec);
std::shared_ptr<Network> make_resnet50(const NetworkSpec& spec);
std::shared_ptr<Network> make_resnet152(const NetworkSpec& spec);

}  // namespace hpctrain::models
