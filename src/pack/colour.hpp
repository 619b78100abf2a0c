// Pictures from grey to red, green, blue and back. Knows no file format.
#pragma once

#include <cstdint>

#include "pack/image.hpp"

namespace hpctrain::pack {

enum class ColourChoice { automatic, grey, rgb };

/// `channels` is 1 or 3. Grey is data::grey_of.
Image with_channels(Image image, std::uint64_t channels);

}  // namespace hpctrain::pack
