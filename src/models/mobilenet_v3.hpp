// MobileNetV3-small under torchvision's parameter and buffer names, so that weights move both ways.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>

#include "models/network.hpp"
#include "models/normalised_convolution.hpp"

namespace hpctrain::models {

/// Convolution, eleven inverted residuals, convolution, mean over all pixels, a linear layer of 1,024 features,
/// dropout, the head. Stem::small does not halve in the first convolution.
///   shapes  [N, channels, height, width] → logits [N, outputs]
///   source  Searching for MobileNetV3, Howard et al. 2019
class MobileNetV3Small : public Network {
 public:
  explicit MobileNetV3Small(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  std::string_view head_name() const override { return "classifier.3"; }
  bool can_recompute() const override { return true; }

  /// What the head reads.   shapes  → [N, feature_count()]
  torch::Tensor features(const torch::Tensor& images) override;
  std::int64_t feature_count() const override { return head_->options.in_features(); }

 private:
  void initialise();

  Stem stem_;
  double dropout_;
  std::shared_ptr<NormalisedConvolution> first_;
  torch::nn::Sequential blocks_;  ///< registered one by one: their names count on from `first_`
  std::shared_ptr<NormalisedConvolution> last_;
  torch::nn::Linear widening_{nullptr};
  torch::nn::Linear head_{nullptr};
};

///   errors  Fault::usage: as require_images_fit()
std::shared_ptr<Network> make_mobilenet_v3_small(const NetworkSpec& spec);

}  // namespace hpctrain::models
