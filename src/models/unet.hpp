// The heatmap network of landmark detection: light enough to train on CPU cores, no batch statistics.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>

#include <cstddef>
#include <memory>

#include "models/network.hpp"

namespace hpctrain::models {

/// U-Net of six levels (strides 2 to 64) that adds skips instead of concatenating them and stops at stride 4: there the
/// peak of a clean Gaussian still tells its place to a fraction of a pixel, and the costly fine levels of a full U-Net
/// are saved.
///   shapes  [N, channels, height, width] → heatmaps [N, outputs, ⌈height/4⌉, ⌈width/4⌉], unbounded values
///   cost    about 1.1 million parameters, 0.7 GFLOP forward per 256×256 image
///   source  U-Net, Ronneberger et al. 2015; added skips as in feature pyramids, Lin et al. 2017
class UNet : public Network {
 public:
  explicit UNet(const NetworkSpec& spec);
  torch::Tensor forward(const torch::Tensor& images) override;
  OutputKind output_kind() const override { return OutputKind::maps; }
  std::string_view head_name() const override { return "head"; }
  std::int64_t output_stride() const override { return 4; }
  bool can_recompute() const override { return true; }

 private:
  void initialise();
  /// Images to level 0.
  torch::Tensor begin(const torch::Tensor& images);
  /// Level `from` to the next coarser one.
  torch::Tensor go_down(std::size_t from, const torch::Tensor& features);
  /// What comes up to level `to`, merged with what that level handed over.
  torch::Tensor go_up(std::size_t to, const torch::Tensor& features, const torch::Tensor& skip);

  torch::nn::Conv2d stem_{nullptr};
  torch::nn::Conv2d stem_refine_{nullptr};
  torch::nn::ModuleList down_;     ///< level i to i+1: 3×3 convolution by 2
  torch::nn::ModuleList refine_;   ///< 3×3 convolution on level i+1
  torch::nn::ModuleList lateral_;  ///< level i+1 to the channels of level i: 1×1 convolution
  torch::nn::ModuleList merge_;    ///< 3×3 convolution on the sum of level i and what comes up
  torch::nn::Conv2d head_{nullptr};
};

///   errors  Fault::usage when the images are smaller than 32×32 pixels, or dropout is asked for
std::shared_ptr<Network> make_unet(const NetworkSpec& spec);

}  // namespace hpctrain::models
