// How a network is asked: memory layout of the images, number format on the way, float32 answers.
#pragma once

#include <torch/types.h>

#include "models/network.hpp"
#include "tasks/task.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

class ForwardPass {
 public:
  ForwardPass(Precision precision, bool is_channels_last)
      : precision_(precision), is_channels_last_(is_channels_last) {}

  /// shapes  as tasks::Task::forward(); float32, so that losses and scores are
  torch::Tensor run(const tasks::Task& task, models::Network& network, const tasks::Batch& batch) const;

 private:
  Precision precision_;
  bool is_channels_last_;
};

/// True when 4-dimensional tensors should lie channels last: as the user says, else where it pays
/// (docs/decisions/0018-number-formats.md has the figures).
bool plan_channels_last(ChannelsLast wish, Precision precision, const torch::Device& device);

/// Images in the layout that is asked for. Colour comes channels last, as it is stored, and the first convolution hands
/// its layout on to all that follow.
///   shapes  [N, C, H, W], the same
torch::Tensor lay_out(const torch::Tensor& images, bool is_channels_last);

/// Puts 4-dimensional parameters channels last; their values stay. Before anything holds views of them.
void lay_channels_last(models::Network& network);

}  // namespace hpctrain::train
