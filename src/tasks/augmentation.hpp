// Carries augmentation plans out with ATen operations on any device: one resampling for the whole geometric chain, then
// intensities. Every sample is computed from its own plan alone, so that micro-batch splits change nothing.
#pragma once

#include <torch/types.h>

#include <span>

#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

/// Images as their plans say. An image whose map is the identity is not resampled; what comes from outside is 0.
///   shapes  images [N, C, H, W] float32, intensities 0–1; plans [N] → [N, C, H, W], intensities may leave 0–1
torch::Tensor augment_images(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Points carried along by the same maps; those that leave the image become NaN.
///   shapes  points [N, K, 2] (x, y) float32 pixels, NaN = not annotated; plans [N] → [N, K, 2]
torch::Tensor augment_points(const torch::Tensor& points, std::span<const AugmentationPlan> plans, std::int64_t height,
                             std::int64_t width);

}  // namespace hpctrain::tasks
