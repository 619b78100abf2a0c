// Pictures on disk: BMP, PNG and JPEG in, PNG out. The first bytes tell the format, the name does not.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "data/shard_format.hpp"
#include "pack/image.hpp"

namespace hpctrain::pack {

/// Larger pictures are refused before anything is allocated: their headers are not to be believed.
inline constexpr std::uint64_t kMostImagePixels = data::kMostPicturePixels;

/// Decodes a whole file to 8 bits per channel: palettes are looked up, 16 bits are rounded, transparency is laid on
/// black, CMYK is refused, and the picture stands upright as its EXIF orientation says. A picture whose palette or
/// colour space is grey has one channel.
///   errors  Fault::data naming the file: missing, empty, of another format, cut short, damaged, larger than
///           kMostImagePixels or than memory
Image read_image_file(const std::filesystem::path& path);

/// Without decoding the pixels.
///   errors  as read_image_file, as far as the header tells
ImageHeader read_image_header(const std::filesystem::path& path);

/// Of the bytes of a PNG or JPEG file that were read from `path`.
///   errors  as read_image_file
Image read_image(const std::filesystem::path& path, std::span<const std::byte> bytes);
ImageHeader read_image_header(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// True for names ending in .bmp, .png, .jpg or .jpeg, in any case.
bool has_image_name(const std::filesystem::path& path);

/// Written beside `path` and renamed, so that no half file ever has the name; not synced.
///   errors  Fault::storage
void save_png(const std::filesystem::path& path, const Image& image);

}  // namespace hpctrain::pack
