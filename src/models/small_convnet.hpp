// The network of the quickstart: small enough to train on two CPU cores in a minute, no batch statistics.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>

#include "models/network.hpp"

namespace hpctrain::models {

/// conv 3×3 → ReLU → max-pool 2, twice (16 and 32 channels), dropout, then one linear layer.
///   shapes  [N, channels, height, width] → logits [N, outputs]
class SmallConvnet : public Network {
 public:
  explicit SmallConvnet(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override { return feature_count_; }
  std::string_view head_name() const override { return "fc"; }

 private:
  std::int64_t feature_count_;
  double dropout_;
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::Conv2d conv2_{nullptr};
  torch::nn::Linear fc_{nullptr};
};

///   errors  Fault::usage when the images are smaller than 4×4 pixels
std::shared_ptr<Network> make_small_convnet(const NetworkSpec& spec);

}  // namespace hpctrain::models
