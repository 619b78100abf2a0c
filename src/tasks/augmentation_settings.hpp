// What may be done to training images, as plain values: one group of members per operation, all off by default.
// Knows neither how people write them (augmentation_text.hpp) nor how they are drawn (augmentation_plan.hpp).
#pragma once

namespace hpctrain::tasks {

struct Range {
  double low = 0;
  double high = 0;

  bool operator==(const Range&) const = default;
};

/// What lies beyond the border of an image.
enum class Edge {
  reflect,  ///< the image mirrored at its outermost pixels, which are not repeated
  zero,     ///< black
};

/// Operations in the order in which they are carried out, whatever the order they are written in. A chance of 0
/// switches an operation off. Widths are of uniform ranges around "unchanged".
struct AugmentationSettings {
  double crop_chance = 0;
  double crop_pad = 0;  ///< whole pixels, ±, each axis
  Edge crop_edge = Edge::reflect;

  double flip_chance = 0;  ///< left and right

  double window_chance = 0;   ///< a random part of the image, brought to the size of the whole
  Range window_area{1, 1};    ///< of the image's area
  Range window_aspect{1, 1};  ///< width / height, evenly on the logarithm

  double elastic_chance = 0;
  double elastic_grid = 0;   ///< control points along each axis, spread over the whole image
  double elastic_sigma = 0;  ///< standard deviation of their moves, of the image's smaller side

  double affine_chance = 0;
  double rotate_degrees = 0;      ///< ±, about the centre of the image
  double scale_fraction = 0;      ///< ±, about the centre of the image
  double translate_fraction = 0;  ///< ± of the image width, each axis, where the millimetres of a pixel are not known
  double translate_mm = 0;        ///< ±, each axis, where they are; 0: a fraction too

  double jitter_chance = 0;
  double contrast_fraction = 0;    ///< ±, factor on intensities
  double brightness_fraction = 0;  ///< ± of the full intensity range
  double saturation_fraction = 0;  ///< ±, factor on the distance from grey
  double hue_fraction = 0;         ///< ± of the colour circle

  double gamma_chance = 0;
  double gamma_fraction = 0;  ///< exponent within [1/(1+g), 1+g], evenly on the logarithm

  double grey_chance = 0;

  double blur_chance = 0;
  Range blur_sigma{0, 0};  ///< pixels

  double noise_chance = 0;
  double noise_fraction = 0;  ///< largest deviation of the noise, of the full intensity range

  double cutout_chance = 0;
  double cutout_size = 0;  ///< whole pixels, side of the square

  bool operator==(const AugmentationSettings&) const = default;
};

}  // namespace hpctrain::tasks
