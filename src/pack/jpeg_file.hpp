// JPEG in, through libjpeg-turbo.
#pragma once

#include "pack/image.hpp"
#include "pack/image_stream.hpp"

namespace hpctrain::pack {

/// As read_image_file, of a stream that begins like a JPEG file. Baseline and progressive; what the library would only
/// warn of and fill with grey is an error here.
Image read_jpeg(ImageStream& stream);
Image read_jpeg_header(ImageStream& stream);

}  // namespace hpctrain::pack
