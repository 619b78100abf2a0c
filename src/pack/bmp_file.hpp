// Windows bitmaps, as cephalograms come: uncompressed, 8 bits with a palette, 24 or 32 bits. Knows nothing of other
// picture formats.
#pragma once

#include <filesystem>

#include "pack/image.hpp"

namespace hpctrain::pack {

/// Rows bottom-up or top-down; a palette of greys gives one channel, any other and 24 or 32 bits give three. The fourth
/// byte of 32 bits is not looked at.
///   errors  Fault::data naming the file: missing, no bitmap, compressed, of another depth, cut short, sizes or offsets
///           that lie, a pixel outside the palette, larger than kMostImagePixels
Image read_bmp_file(const std::filesystem::path& path);

/// Size and channels without the pixels.
///   errors  as read_bmp_file, but for those of single pixels
Image read_bmp_header(const std::filesystem::path& path);

/// One channel becomes 8 bits with a palette of greys, three become 24 bits.
///   errors  Fault::storage
void save_bmp(const std::filesystem::path& path, const Image& image);

}  // namespace hpctrain::pack
