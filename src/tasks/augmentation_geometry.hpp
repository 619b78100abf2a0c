// The geometric part of augmentation plans with ATen operations: whole pixels that change places, then one resampling
// for everything else, and the points that follow both.
#pragma once

#include <torch/types.h>

#include <span>

#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

/// Crop and flip: no pixel changes its value.
///   shapes  images [N, C, H, W] of any type; plans [N] → [N, C, H, W], channels last when anything moves
torch::Tensor move_pixels(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Window, elastic and affine as one bilinear interpolation. An image without any of them keeps its bits; what comes
/// from outside the image is 0, beside a window the window's border goes on.
///   shapes  images [N, C, H, W] float32; plans [N] → [N, C, H, W]
torch::Tensor resample(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Points carried along by move_pixels() and resample(); those that leave the image become NaN.
///   shapes  points [N, K, 2] (x, y) float32 pixels, NaN = not annotated; plans [N] → [N, K, 2]
///   cost    an elastic plan is inverted by twenty rounds of a fixed-point search, to about 1e-4 pixels
torch::Tensor augment_points(const torch::Tensor& points, std::span<const AugmentationPlan> plans, std::int64_t height,
                             std::int64_t width);

}  // namespace hpctrain::tasks
