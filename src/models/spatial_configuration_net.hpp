// The heatmap network that knows where landmarks stand to each other: exact, and heavy.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>

#include <cstddef>
#include <memory>

#include "models/network.hpp"

namespace hpctrain::models {

/// A U-Net of 128 channels draws where each landmark may be by its looks; from a sixteenth of the resolution four
/// convolutions of 11×11 say where it may be by the others; the answer is the product. Everything that belongs to a set
/// of landmarks, the spatial part too, is the head.
///   shapes  [N, channels, height, width] → heatmaps [N, outputs, height, width], unbounded values
///   cost    6,181,030 parameters from 1 channel to 19 landmarks; about 320 GFLOP forward per 512×512 image
///   source  Integrating Spatial Configuration into Heatmap Regression Based CNNs, Payer et al. 2019
class SpatialConfigurationNet : public Network {
 public:
  explicit SpatialConfigurationNet(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  OutputKind output_kind() const override { return OutputKind::maps; }
  std::string_view head_name() const override { return "head"; }
  bool can_recompute() const override { return true; }

 private:
  void initialise();
  /// Images (level 0) or what the level above handed over → what this level hands over.
  torch::Tensor go_down(std::size_t level, const torch::Tensor& input);
  /// The deepest level, on which no other stands.
  torch::Tensor turn(const torch::Tensor& skip);
  /// From the level below and what this level handed over; of level 0, the answer by looks.
  torch::Tensor go_up(std::size_t level, const torch::Tensor& features, const torch::Tensor& skip);
  torch::Tensor appearance(const torch::Tensor& images);
  torch::Tensor configuration(const torch::Tensor& local);

  double dropout_;  ///< of whole channels, between the two convolutions of a level on the way down
  torch::nn::Conv2d stem_{nullptr};
  torch::nn::ModuleList down_;        ///< two for each level
  torch::nn::ModuleList bottleneck_;  ///< two
  torch::nn::ModuleList up_;          ///< one for each level, on what the level handed over
  torch::nn::Conv2d local_{nullptr};  ///< head.local
  torch::nn::ModuleList spatial_;     ///< head.spatial
};

///   errors  Fault::usage when a side of the images is no multiple of 16
std::shared_ptr<Network> make_spatial_configuration_net(const NetworkSpec& spec);

}  // namespace hpctrain::models
