// The size that networks see images at, as people write it in data.image-size. Knows no tensors.
#pragma once

#include <optional>
#include <string_view>

#include "data/image_window.hpp"

namespace hpctrain::tasks {

/// Reads "96" (a square) or "96x128" (height, then width); "stored" is empty: the size that images are stored at.
///   errors  Fault::usage
std::optional<data::ImageSize> read_image_size(std::string_view text);

}  // namespace hpctrain::tasks
