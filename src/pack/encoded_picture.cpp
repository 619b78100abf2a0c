// See encoded_picture.hpp.
#include "pack/encoded_picture.hpp"

#include <fmt/format.h>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "pack/colour.hpp"
#include "pack/image_file.hpp"
#include "pack/jpeg_file.hpp"
#include "pack/png_file.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kMostJpegSide = 65'500;  // libjpeg's

data::ImageDims dims_of(const Image& image) {
  return {static_cast<std::uint32_t>(image.size.height), static_cast<std::uint32_t>(image.size.width),
          static_cast<std::uint32_t>(image.channels)};
}

}  // namespace

EncodedPicture copy_picture(const std::filesystem::path& path, ImageFormat format, std::uint64_t channels) {
  EncodedPicture picture{read_whole_file(path), {}, {}};
  const ImageHeader header = read_image_header(path, picture.bytes);
  require(header.format == format && (header.is_plain || format == ImageFormat::png), Fault::data,
          fmt::format("{}: changed while it was packed; pack again when nobody writes there", path.string()));
  Image image = read_image(path, picture.bytes);
  if (!header.is_plain) {
    const std::string plain = make_png(image);
    const auto bytes = bytes_of(plain);
    picture.bytes.assign(bytes.begin(), bytes.end());
  }
  picture.dims = dims_of(image);
  picture.pixels = with_channels(std::move(image), channels);
  return picture;
}

EncodedPicture compress_picture(const std::filesystem::path& path, const Image& image, int quality) {
  require(image.size.width <= kMostJpegSide && image.size.height <= kMostJpegSide, Fault::data,
          fmt::format("{}: {} × {} pixels do not fit into a JPEG file; give a smaller --size", path.string(),
                      image.size.width, image.size.height));
  EncodedPicture picture{make_jpeg(image, quality), dims_of(image), {}};
  picture.pixels = read_image(path, picture.bytes);
  return picture;
}

}  // namespace hpctrain::pack
