#include "tasks/augmentation_operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

using A = AugmentationArgument;
using S = AugmentationSettings;

constexpr std::array kCrop = {A{"pad", &S::crop_pad, 1, 1024, {0, 4}, true}, A{"mode", &S::crop_edge}};
constexpr std::array kWindow = {A{"scale", &S::window_area, 0.01, 1, {0.08, 1}},
                                A{"ratio", &S::window_aspect, 0.1, 10, {3.0 / 4, 4.0 / 3}}};
constexpr std::array kElastic = {A{"sigma", &S::elastic_sigma, 0, 0.1, {0, 0.02}},
                                 A{"grid", &S::elastic_grid, 3, 16, {0, 5}, true}};
constexpr std::array kAffine = {A{"rotate", &S::rotate_degrees, 0, 180}, A{"scale", &S::scale_fraction, 0, 0.9},
                                A{"translate", &S::translate_fraction, 0, 1},
                                A{"translate-mm", &S::translate_mm, 0, 1000}};
constexpr std::array kJitter = {A{"contrast", &S::contrast_fraction, 0, 1},
                                A{"brightness", &S::brightness_fraction, 0, 1},
                                A{"saturation", &S::saturation_fraction, 0, 1}, A{"hue", &S::hue_fraction, 0, 0.5}};
constexpr std::array kGamma = {A{"width", &S::gamma_fraction, 0, 10}};
constexpr std::array kBlur = {A{"sigma", &S::blur_sigma, 0.05, 32, {0.1, 2}}};
constexpr std::array kNoise = {A{"deviation", &S::noise_fraction, 0, 1}};
constexpr std::array kCutout = {A{"size", &S::cutout_size, 1, 4096, {0, 8}, true}};

constexpr std::array kOperations = {
    AugmentationOperation{"crop", &S::crop_chance, 1, true, true, false, kCrop},
    AugmentationOperation{"flip", &S::flip_chance, 0.5, true, false, false, {}},
    AugmentationOperation{"random-resized-crop", &S::window_chance, 1, true, true, false, kWindow},
    AugmentationOperation{"elastic", &S::elastic_chance, 1, true, true, false, kElastic},
    AugmentationOperation{"affine", &S::affine_chance, 1, false, true, false, kAffine},
    AugmentationOperation{"jitter", &S::jitter_chance, 1, false, true, false, kJitter},
    AugmentationOperation{"gamma", &S::gamma_chance, 1, false, true, false, kGamma},
    AugmentationOperation{"grey", &S::grey_chance, 0.2, true, true, true, {}},
    AugmentationOperation{"blur", &S::blur_chance, 0.5, true, true, false, kBlur},
    AugmentationOperation{"noise", &S::noise_chance, 1, false, true, false, kNoise},
    AugmentationOperation{"cutout", &S::cutout_chance, 1, true, true, false, kCutout},
};

constexpr double kSteepestElastic = 0.15;
constexpr std::int64_t kSmallestAugmented = 32;
constexpr std::int64_t kLargestCropped = 96;
constexpr std::int64_t kSmallestBlurred = 64;

void require_that(bool holds, const std::string& what) {
  require(holds, Fault::usage, "data.augment: " + what);
}

}  // namespace

std::span<const AugmentationOperation> augmentation_operations() {
  return kOperations;
}

void require_applicable(const AugmentationSettings& settings, const AugmentedSet& set) {
  const std::int64_t side = std::min(set.height, set.width);
  for (const auto& operation : kOperations) {
    if (settings.*operation.chance == 0) continue;
    require_that(!set.has_landmarks || operation.suits_landmarks,
                 fmt::format("{} is not for the task {}: a mirrored left landmark is no right one; leave it away",
                             operation.name, set.task));
    require_that(
        !operation.needs_colour || set.channels == 3,
        fmt::format("{} needs images of 3 channels, these have {}; leave it away", operation.name, set.channels));
  }
  require_that(set.channels == 3 || (settings.saturation_fraction == 0 && settings.hue_fraction == 0),
               fmt::format("jitter's saturation and hue need images of 3 channels, these have {}; leave them away",
                           set.channels));
  require_that(settings.crop_chance == 0 || settings.crop_pad < static_cast<double>(side),
               fmt::format("crop pad = {}: images of {} × {} pixels have no such border; choose less",
                           settings.crop_pad, set.height, set.width));
  require_that(settings.cutout_chance == 0 || settings.cutout_size <= static_cast<double>(side),
               fmt::format("cutout size = {}: images have {} × {} pixels; choose less", settings.cutout_size,
                           set.height, set.width));
  require_that(settings.elastic_sigma * (settings.elastic_grid - 1) <= kSteepestElastic,
               fmt::format("elastic(sigma={}, grid={}): the image would fold over itself; choose a sigma of {:.4f} at "
                           "most for this grid",
                           settings.elastic_sigma, settings.elastic_grid,
                           kSteepestElastic / std::max(1.0, settings.elastic_grid - 1)));
}

bool has_changes(const AugmentationSettings& settings) {
  return std::any_of(kOperations.begin(), kOperations.end(),
                     [&](const auto& operation) { return settings.*operation.chance > 0; });
}

AugmentationSettings usual_classification_augmentation(const AugmentedSet& set) {
  AugmentationSettings settings;
  const std::int64_t side = std::min(set.height, set.width);
  if (set.channels != 3 || side < kSmallestAugmented) return settings;
  settings.flip_chance = 0.5;
  if (std::max(set.height, set.width) <= kLargestCropped) {
    settings.crop_chance = 1;
    settings.crop_pad = static_cast<double>(side / 8);
    return settings;
  }
  settings.window_chance = 1;
  settings.window_area = {0.08, 1};
  settings.window_aspect = {3.0 / 4, 4.0 / 3};
  return settings;
}

AugmentationSettings usual_contrastive_augmentation(const AugmentedSet& set) {
  AugmentationSettings settings;
  const bool is_small = std::min(set.height, set.width) < kSmallestBlurred;
  settings.window_chance = 1;
  settings.window_area = {is_small ? 0.2 : 0.08, 1};
  settings.window_aspect = {3.0 / 4, 4.0 / 3};
  settings.jitter_chance = 0.8;
  settings.contrast_fraction = 0.4;
  settings.brightness_fraction = 0.2;
  if (!is_small) {
    settings.blur_chance = 0.5;
    settings.blur_sigma = {0.1, 2};
  }
  if (set.channels != 3) return settings;
  settings.flip_chance = 0.5;
  settings.saturation_fraction = 0.4;
  settings.hue_fraction = 0.1;
  settings.grey_chance = 0.2;
  return settings;
}

AugmentationSettings usual_landmark_augmentation() {
  AugmentationSettings settings;
  settings.affine_chance = settings.jitter_chance = settings.gamma_chance = settings.noise_chance = 1;
  settings.rotate_degrees = 10;
  settings.scale_fraction = 0.10;
  settings.translate_fraction = 0.05;
  settings.translate_mm = 10;
  settings.contrast_fraction = 0.20;
  settings.brightness_fraction = 0.10;
  settings.gamma_fraction = 0.20;
  settings.noise_fraction = 0.02;
  return settings;
}

}  // namespace hpctrain::tasks
