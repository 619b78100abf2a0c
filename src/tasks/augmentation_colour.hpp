// The part of augmentation plans that changes values and leaves every pixel in its place, with ATen operations.
// Every sample is computed from its own plan alone: an image whose plan leaves it alone keeps its bits.
#pragma once

#include <torch/types.h>

#include <span>

#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

/// All of them:
///   shapes  images [N, C, H, W] float32, intensities 0–1; plans [N] → [N, C, H, W]

/// Gamma, contrast (a factor) and brightness (a shift); intensities may leave 0–1.
torch::Tensor change_intensities(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Saturation, hue and grey of three channels; intensities are held to 0–1 where saturation or hue changes.
///   source  torchvision.transforms.v2.functional
torch::Tensor change_colours(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Gaussians that end at three deviations; beyond its border an image goes on mirrored.
torch::Tensor blur(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Normal noise that is a function of the plan's seed and the place in the image alone.
torch::Tensor add_noise(const torch::Tensor& images, std::span<const AugmentationPlan> plans);

/// Squares of `value`.
torch::Tensor cut_out(const torch::Tensor& images, std::span<const AugmentationPlan> plans, double value);

}  // namespace hpctrain::tasks
