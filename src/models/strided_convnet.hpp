// A small encoder that is cheap where small-convnet is not: it halves the resolution with every convolution, and its
// features are few.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <memory>

#include "models/batch_norm.hpp"
#include "models/network.hpp"

namespace hpctrain::models {

/// Three times conv 3×3 by 2 → batch normalisation → ReLU (32, 64, 128 channels), means over the quarters of the image,
/// dropout, one linear layer.
///   shapes  [N, channels, height, width] → logits [N, outputs]; features [N, 512]
class StridedConvnet : public Network {
 public:
  explicit StridedConvnet(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override;
  std::string_view head_name() const override { return "fc"; }

 private:
  static constexpr std::array<std::int64_t, 3> kWidths{32, 64, 128};

  double dropout_;
  std::array<torch::nn::Conv2d, kWidths.size()> convolutions_{nullptr, nullptr, nullptr};
  std::array<std::shared_ptr<BatchNorm>, kWidths.size()> norms_;
  torch::nn::Linear fc_{nullptr};
};

///   errors  Fault::usage when the images are smaller than 9×9 pixels
std::shared_ptr<Network> make_strided_convnet(const NetworkSpec& spec);

}  // namespace hpctrain::models
