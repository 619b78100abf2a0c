// What is done to one training image: drawn on the host, a pure function of (seed, epoch, sample id, view), so that
// ranks, micro-batches and resumes draw the same. Knows no tensors; augmentation.hpp carries a plan out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/image_window.hpp"
#include "tasks/augmentation_settings.hpp"

namespace hpctrain::tasks {

/// x' = xx·x + xy·y + x0, y' = yx·x + yy·y + y0, in pixels; pixel centres lie at integers.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  bool operator==(const AffineMap&) const = default;
  /// errors  Fault::bug when the map is flat
  AffineMap inverse() const;
};

/// Pixels that change places and keep their values.
struct PixelMove {
  std::int64_t x = 0;  ///< the image's content goes right by so much, then is mirrored
  std::int64_t y = 0;  ///< down
  Edge edge = Edge::reflect;
  bool is_flipped = false;

  bool operator==(const PixelMove&) const = default;
};

/// Moves of control points that stand evenly from the first pixel to the last along both axes.
struct ElasticMove {
  std::int64_t grid = 0;      ///< control points along each axis; 0: none
  std::vector<float> pixels;  ///< [2, grid, grid]: how far right, then how far down a pixel's source lies

  bool operator==(const ElasticMove&) const = default;
};

struct Square {
  std::int64_t top = 0, left = 0;  ///< may lie outside: the square ends at the border
  std::int64_t size = 0;           ///< pixels; 0: none

  bool operator==(const Square&) const = default;
};

/// In the order in which it is carried out.
struct AugmentationPlan {
  PixelMove move{};
  std::optional<data::ImageWindow> window{};  ///< this part is brought to the size of the whole
  ElasticMove elastic{};
  AffineMap map{};   ///< from the image so far to the augmented one
  double scale = 1;  ///< the factor on every length; for a window of another aspect the geometric mean
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
  double saturation = 1;
  double hue = 0;  ///< of the colour circle
  bool is_grey = false;
  double blur_sigma = 0;  ///< pixels
  double noise = 0;       ///< standard deviation, of the full intensity range
  std::uint64_t noise_seed = 0;
  Square cutout{};
};

/// The image that a plan is for.
struct AugmentedImage {
  std::int64_t height = 0;  ///< pixels
  std::int64_t width = 0;   ///< pixels
  std::optional<double> pixels_per_mm{};
};

/// Each operation has streams of its own, so that switching one off leaves the others as they were. Views of a sample
/// are drawn independently of each other.
AugmentationPlan plan_augmentation(const AugmentationSettings& settings, const AugmentedImage& image,
                                   std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id,
                                   std::uint32_t view = 0);

/// The map that scales by `scale`, turns by `degrees` (clockwise as seen, y points down) about the image's centre and
/// then moves by (x, y) pixels.
AffineMap similarity_map(const AugmentedImage& image, double degrees, double scale, double x, double y) noexcept;

}  // namespace hpctrain::tasks
