// Which way up a camera held a picture, as EXIF tells it. Knows no file format.
#pragma once

#include <cstddef>
#include <span>

#include "pack/image.hpp"

namespace hpctrain::pack {

/// Tag 0x0112 of a TIFF block, 1 to 8; 1 (upright) where the block has none or is damaged: pixels are whole without it.
///   source  Exif 2.3, CIPA DC-008, section 4.6.4
unsigned read_exif_orientation(std::span<const std::byte> tiff) noexcept;

/// Of the picture when it stands upright.
ImageSize upright_size(ImageSize stored, unsigned orientation) noexcept;

/// cost  a second picture in memory, but for orientation 1
Image turn_upright(Image image, unsigned orientation);

}  // namespace hpctrain::pack
