// Carries augmentation plans out, operation after operation, on any device, and keeps account of the time. Every sample
// is computed from its own plan alone, so that micro-batch splits change nothing.
#pragma once

#include <torch/types.h>

#include <span>

#include "device/work_times.hpp"
#include "tasks/augmentation_geometry.hpp"
#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

/// Everything that plans say but move_pixels() and cut_out(), which work on stored and on normalised pixels.
///   shapes  images [N, C, H, W] float32, intensities 0–1; plans [N] → [N, C, H, W], intensities may leave 0–1
torch::Tensor augment_images(const torch::Tensor& images, std::span<const AugmentationPlan> plans,
                             device::WorkTimes& times);
torch::Tensor augment_images(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

}  // namespace hpctrain::tasks
