// Augmentation as people write it in data.augment: operations in a row, each with its widths. Knows no tensors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

/// Reads "affine(rotate=10, scale=0.1, translate-mm=10) | jitter(contrast=0.2) | gamma(0.2) | noise(0.02)"; operations
/// that are not named are off. "none" is nothing at all, "auto" is empty: the task's own choice.
///   errors  Fault::usage naming the word that is wrong and those there are
std::optional<AugmentationSettings> read_augmentation(std::string_view text);

/// The same settings as a text that read_augmentation() reads.
std::string augmentation_text(const AugmentationSettings& settings);

}  // namespace hpctrain::tasks
