// How a network is asked: memory layout of the images, number format on the way, float32 answers.
#pragma once

#include <torch/types.h>

#include "models/network.hpp"
#include "tasks/task.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// How images lie in memory when the network gets them.
enum class ImageLayout {
  as_stored,      ///< colour comes channels last; convolutions in float32 on CPUs were measured to gain from it
  planes,         ///< [C, H, W], row-major
  channels_last,  ///< the network's own tensors too
};

class ForwardPass {
 public:
  ForwardPass(Precision precision, ImageLayout layout) : precision_(precision), layout_(layout) {}

  /// shapes  as tasks::Task::forward(); float32, so that losses and scores are; a network in float64 keeps its own
  torch::Tensor run(const tasks::Task& task, models::Network& network, const tasks::Batch& batch) const;

 private:
  Precision precision_;
  ImageLayout layout_;
};

/// As the user says, else what pays (docs/decisions/0018-number-formats.md has the figures).
ImageLayout plan_image_layout(ChannelsLast wish, Precision precision, const torch::Device& device);

/// True when 4-dimensional parameters should lie channels last.
bool plan_channels_last(ChannelsLast wish, Precision precision, const torch::Device& device);

/// Images in the layout that is asked for; the first convolution hands it on to all that follow.
///   shapes  [N, C, H, W], the same
torch::Tensor lay_out(const torch::Tensor& images, ImageLayout layout);

/// Puts 4-dimensional parameters channels last; their values stay. Before anything holds views of them.
void lay_channels_last(models::Network& network);

}  // namespace hpctrain::train
