// From heatmaps to points, batched, on any device. All decoders start at the highest cell; they differ in what they
// add.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "tasks/settings.hpp"

namespace hpctrain::tasks {

struct DecodedPoints {
  torch::Tensor points;      ///< [N, K, 2] (x, y) in cells
  torch::Tensor confidence;  ///< [N, K] height of the peak
};

/// shapes  heatmaps [N, K, H, W]
DecodedPoints decode_argmax(const torch::Tensor& heatmaps);

/// An axis keeps the whole cell where the peak lies at the border or a value under the logarithm is not positive.
///   shapes  heatmaps [N, K, H, W]
DecodedPoints decode_log_parabola(const torch::Tensor& heatmaps);

struct SoftArgmaxSettings {
  std::int64_t radius = 5;            ///< the window is 2·radius + 1 cells wide
  double relative_temperature = 0.1;  ///< softmax temperature, of the peak's height
};

/// Softmax of (value − peak) / (relative_temperature · peak) over a window around the peak, which makes the result
/// independent of the heatmap's height. A peak that is not positive keeps its whole cell. Differentiable.
///   shapes  heatmaps [N, K, H, W]
DecodedPoints decode_local_soft_argmax(const torch::Tensor& heatmaps, const SoftArgmaxSettings& settings = {});

DecodedPoints decode(Decoder decoder, const torch::Tensor& heatmaps);

}  // namespace hpctrain::tasks
