// EfficientNet-B0 under torchvision's parameter and buffer names, so that weights move both ways.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/network.hpp"
#include "models/normalised_convolution.hpp"

namespace hpctrain::models {

/// Convolution, seven stages of inverted residuals with stochastic depth, convolution, mean over all pixels, dropout,
/// the head. Stem::small does not halve in the first convolution.
///   shapes  [N, channels, height, width] → logits [N, outputs]
///   source  EfficientNet, Tan and Le 2019
class EfficientNetB0 : public Network {
 public:
  explicit EfficientNetB0(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  std::string_view head_name() const override { return "classifier.1"; }
  bool can_recompute() const override { return true; }

  /// What the head reads.   shapes  → [N, feature_count()]
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override { return head_->options.in_features(); }

 private:
  void initialise();

  Stem stem_;
  double dropout_;
  std::shared_ptr<NormalisedConvolution> first_;
  std::vector<torch::nn::Sequential> stages_;
  std::shared_ptr<NormalisedConvolution> last_;
  torch::nn::Linear head_{nullptr};
};

///   errors  Fault::usage: as require_images_fit()
std::shared_ptr<Network> make_efficientnet_b0(const NetworkSpec& spec);

}  // namespace hpctrain::models
