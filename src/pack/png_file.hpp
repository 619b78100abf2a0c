// PNG in and out, through libpng.
#pragma once

#include <string>

#include "pack/image.hpp"
#include "pack/image_stream.hpp"

namespace hpctrain::pack {

/// As read_image_file, of a stream that begins like a PNG file. The check sum of every chunk must hold.
Image read_png(ImageStream& stream);
ImageHeader read_png_header(ImageStream& stream);

/// The bytes of a file, without time stamps: the same picture gives the same bytes.
std::string make_png(const Image& image);

}  // namespace hpctrain::pack
