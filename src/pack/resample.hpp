// A picture at another size with its aspect kept, and where its pixels went. Pixel centres lie at integers.
#pragma once

#include <filesystem>

#include "pack/image.hpp"

namespace hpctrain::pack {

/// stored = original · scale + offset, in pixels, both axes with one scale.
struct Placing {
  double scale = 1;
  double offset_x = 0;
  double offset_y = 0;

  bool operator==(const Placing&) const = default;
};

/// The whole picture as large as it fits, in the middle; the rest is padding. The identity where the sizes are equal.
Placing plan_padded(ImageSize original, ImageSize stored);

/// As small as fills all of `stored`, in the middle; what stands out is cut off.
Placing plan_cropped(ImageSize original, ImageSize stored);

enum class Fit { crop, pad };

/// As plan_cropped or plan_padded.
Placing plan_placing(Fit fit, ImageSize original, ImageSize stored);

/// errors  Fault::data naming `path` when the whole picture would be stored less than one pixel wide or high
void require_wide_enough(const std::filesystem::path& path, ImageSize original, ImageSize stored,
                         const Placing& placing);

/// Every stored pixel is the mean of the original ones under it, weighted by a triangle as wide as two stored pixels
/// (two original ones when enlarging); padding is black. An identity placing copies the bytes.
Image resample(const Image& image, ImageSize stored, const Placing& placing);

}  // namespace hpctrain::pack
