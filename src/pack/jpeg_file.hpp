// JPEG in, through libjpeg-turbo.
#pragma once

#include <cstddef>
#include <vector>

#include "pack/image.hpp"
#include "pack/image_stream.hpp"

namespace hpctrain::pack {

/// As read_image_file, of a stream that begins like a JPEG file. Baseline and progressive; what the library would only
/// warn of and fill with grey is an error here.
Image read_jpeg(ImageStream& stream);
ImageHeader read_jpeg_header(ImageStream& stream);

/// The bytes of a file, baseline, with colours at half the resolution. The same picture gives the same bytes from the
/// same library. `quality` 1 to 100; no side longer than 65,500 pixels.
///   errors  std::bad_alloc
std::vector<std::byte> make_jpeg(const Image& image, int quality);

}  // namespace hpctrain::pack
