// What is done to one training image: drawn on the host, a pure function of (seed, epoch, sample id), so that ranks,
// micro-batches and resumes draw the same. Knows no tensors; augmentation.hpp carries a plan out.
#pragma once

#include <cstdint>
#include <optional>

namespace hpctrain::tasks {

/// Widths of the uniform ranges to draw from; a width of 0 switches its operation off.
struct AugmentationSettings {
  double rotate_degrees = 10;         ///< ±, about the centre of the image
  double scale_fraction = 0.10;       ///< ±, about the centre of the image
  double translate_mm = 10;           ///< ±, each axis, where the millimetres of a pixel are known; 0: a fraction too
  double translate_fraction = 0.05;   ///< ± of the image width, each axis, where they are not
  double contrast_fraction = 0.20;    ///< ±, factor on intensities
  double brightness_fraction = 0.10;  ///< ± of the full intensity range
  double gamma_fraction = 0.20;       ///< exponent within [1/(1+g), 1+g], evenly on the logarithm
  double noise_fraction = 0.02;       ///< largest deviation of the noise, of the full intensity range

  /// No operation at all: every image stays as it is.
  static AugmentationSettings none() noexcept { return {0, 0, 0, 0, 0, 0, 0, 0}; }

  bool operator==(const AugmentationSettings&) const = default;
};

/// x' = xx·x + xy·y + x0, y' = yx·x + yy·y + y0, in pixels; pixel centres lie at integers.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  bool operator==(const AffineMap&) const = default;
  /// errors  Fault::bug when the map is flat
  AffineMap inverse() const;
};

struct AugmentationPlan {
  AffineMap map{};   ///< from the stored image to the augmented one
  double scale = 1;  ///< the factor that `map` puts on every length
  double contrast = 1;
  double brightness = 0;
  double gamma = 1;
  double noise = 0;  ///< standard deviation, of the full intensity range
  std::uint64_t noise_seed = 0;
};

/// The stored image that a plan is for.
struct AugmentedImage {
  std::int64_t height = 0;  ///< pixels
  std::int64_t width = 0;   ///< pixels
  std::optional<double> pixels_per_mm{};
};

/// Scales and rotates about the image's centre, then translates.
/// Each operation has a stream of its own, so that switching one off leaves the others as they were.
AugmentationPlan plan_augmentation(const AugmentationSettings& settings, const AugmentedImage& image,
                                   std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id) noexcept;

/// The map that scales by `scale`, turns by `degrees` (clockwise as seen, y points down) about the image's centre and
/// then moves by (x, y) pixels.
AffineMap similarity_map(const AugmentedImage& image, double degrees, double scale, double x, double y) noexcept;

}  // namespace hpctrain::tasks
