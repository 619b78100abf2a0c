// A picture as the bytes of a JPEG or PNG file, for fields of kind encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/image.hpp"

namespace hpctrain::pack {

struct EncodedPicture {
  std::vector<std::byte> bytes;
  data::ImageDims dims{};  ///< as its decoder gives it
  Image pixels;            ///< what the bytes decode to, with the channels of the field
};

/// The file's bytes, once they were decoded as a whole. A PNG file that is not plain is written anew, which loses
/// nothing.
///   errors  as read_image_file; Fault::data when it has another format, or is a JPEG file that is not plain
EncodedPicture copy_picture(const std::filesystem::path& path, ImageFormat format, std::uint64_t channels);

/// `image` compressed as JPEG of that quality, which changes the pixels a little.
///   errors  Fault::data naming `path` when it has too many pixels for a JPEG file
EncodedPicture compress_picture(const std::filesystem::path& path, const Image& image, int quality);

}  // namespace hpctrain::pack
