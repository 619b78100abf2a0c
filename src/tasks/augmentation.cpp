#include "tasks/augmentation.hpp"

#include "core/error.hpp"
#include "tasks/augmentation_colour.hpp"

namespace hpctrain::tasks {

torch::Tensor augment_images(const torch::Tensor& images, std::span<const AugmentationPlan> plans,
                             device::WorkTimes& times) {
  require_invariant(images.size(0) == static_cast<std::int64_t>(plans.size()), "one augmentation plan per image");
  auto augmented = times.measure("resample", images.device(), [&] { return resample(images, plans); });
  augmented = times.measure("intensity", images.device(), [&] { return change_intensities(augmented, plans); });
  augmented = times.measure("colour", images.device(), [&] { return change_colours(augmented, plans); });
  augmented = times.measure("blur", images.device(), [&] { return blur(augmented, plans); });
  return times.measure("noise", images.device(), [&] { return add_noise(augmented, plans); });
}

torch::Tensor augment_images(const torch::Tensor& images, std::span<const AugmentationPlan> plans) {
  device::WorkTimes times;
  return augment_images(images, plans, times);
}

}  // namespace hpctrain::tasks
