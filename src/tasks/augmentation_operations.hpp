// The list of operations that data.augment may name, with their arguments. Adding one is one row here, its members in
// augmentation_settings.hpp, its draw in augmentation_plan.cpp and its ATen calls.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "tasks/augmentation_settings.hpp"

namespace hpctrain::tasks {

using AugmentationMember =
    std::variant<double AugmentationSettings::*, Range AugmentationSettings::*, Edge AugmentationSettings::*>;

/// One argument of one operation. The first argument may be given without its name.
struct AugmentationArgument {
  std::string_view name;
  AugmentationMember member;
  double least = 0;
  double most = 0;
  Range usual{};  ///< when the operation is named and this argument is not; a number is `high`
  bool is_whole = false;
};

struct AugmentationOperation {
  std::string_view name;
  double AugmentationSettings::*chance;
  double usual_chance;      ///< when `p` is not given
  bool has_usual_strength;  ///< false: without arguments it would do nothing
  bool suits_landmarks;     ///< points can follow it
  bool needs_colour;        ///< three channels
  std::span<const AugmentationArgument> arguments;
};

std::span<const AugmentationOperation> augmentation_operations();

/// The stored or resized images that an augmentation is to work on.
struct AugmentedSet {
  std::string_view task;  ///< as task.name says it
  bool has_landmarks = false;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// errors  Fault::usage naming the operation that these images or this task cannot have
void require_applicable(const AugmentationSettings& settings, const AugmentedSet& set);

/// False when no operation has a chance.
bool has_changes(const AugmentationSettings& settings);

/// What `auto` means for classes of images: nothing for grey ones, where a mirrored or cut sign may be another sign,
/// and for thumbnails under 32 pixels; crop and flip up to 96 pixels; above, a random window and flip.
AugmentationSettings usual_classification_augmentation(const AugmentedSet& set);

/// What `auto` means for two views of each image: random window, flip, jitter, grey and blur as SimCLR has them for
/// colour; for grey images window, intensities and blur, without flips, for a mirrored sign may be another sign. Images
/// under 64 pixels keep more of themselves and are not blurred.
///   source  A Simple Framework for Contrastive Learning of Visual Representations, Chen et al. 2020, appendix A and
///   B.9
AugmentationSettings usual_contrastive_augmentation(const AugmentedSet& set);

/// What `auto` means for films with landmarks.
AugmentationSettings usual_landmark_augmentation();

}  // namespace hpctrain::tasks
