// Augmentation as people write it in data.augment: operations in a row, each with its arguments. Knows no tensors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tasks/augmentation_settings.hpp"

namespace hpctrain::tasks {

/// Reads "crop(pad=4) | flip | jitter(contrast=0.2, p=0.8) | blur(sigma=0.1..2)"; operations that are not named are
/// off, and their order says nothing. "none" is nothing at all, "auto" is empty: the task's own choice.
///   errors  Fault::usage naming the word that is wrong and those there are
std::optional<AugmentationSettings> read_augmentation(std::string_view text);

/// The same settings as a text that read_augmentation() reads.
std::string augmentation_text(const AugmentationSettings& settings);

}  // namespace hpctrain::tasks
