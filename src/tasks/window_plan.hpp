// The part of an image that random-resized-crop shows: drawn before decoding where images are stored encoded, on the
// device otherwise. The same part either way, unless crop or flip stand before it in data.augment: they move the stored
// image on the device, and only the window of an encoded one.
#pragma once

#include <optional>

#include "data/image_window.hpp"
#include "tasks/augmentation_settings.hpp"

namespace hpctrain::tasks {

/// Ten tries at a random area and aspect; then the largest centred window of the nearest aspect. Empty where the chance
/// says that the image stays whole.
///   source  torchvision.transforms.RandomResizedCrop
std::optional<data::ImageWindow> plan_random_window(const AugmentationSettings& settings, data::ImageSize image,
                                                    std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id,
                                                    std::uint32_t view = 0);

/// For training: random windows of every image.
class RandomWindows : public data::ImageWindowPlan {
 public:
  RandomWindows(const AugmentationSettings& settings, data::ImageSize output, std::uint64_t seed)
      : settings_(settings), output_(output), seed_(seed) {}

  data::ImageSize output() const override { return output_; }
  data::ImageWindow plan_window(std::uint64_t epoch, std::uint64_t sample_id, data::ImageSize stored) const override;

 private:
  AugmentationSettings settings_;
  data::ImageSize output_;
  std::uint64_t seed_;
};

}  // namespace hpctrain::tasks
