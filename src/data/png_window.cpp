// PNG pictures in memory, through libpng's simplified interface: one call decodes, errors are values.
#include <fmt/format.h>
#include <png.h>

#include "data/grey.hpp"
#include "data/jpeg_window.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kMostDeflateRatio = 1100;
constexpr std::uint64_t kMostChannels = 4;

std::string complaint(const png_image& image) {
  return fmt::format("the PNG picture is damaged or cut short ({})", image.message);
}

/// shapes  [pixels, 3] → [pixels]
void turn_grey(std::vector<std::byte>& pixels) {
  const std::size_t count = pixels.size() / 3;
  for (std::size_t i = 0; i < count; ++i) pixels[i] = grey_of(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]);
  pixels.resize(count);
}

}  // namespace

std::optional<std::string> decode_png_window(std::span<const std::byte> encoded, const WindowChoice& choose_window,
                                             unsigned channels, std::vector<std::byte>& pixels,
                                             DecodedWindow& decoded) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, encoded.data(), encoded.size()) == 0) return complaint(image);
  if (image.width > kMostPicturePixels / image.height) {
    png_image_free(&image);
    return "the PNG picture is larger than any picture of the format";
  }
  const std::uint64_t possible = std::uint64_t{image.width} * image.height / (kMostDeflateRatio * 8 * kMostChannels);
  if (possible > encoded.size()) {
    png_image_free(&image);
    return "the PNG picture has too few bytes for its size";
  }
  const ImageWindow window = choose_window({image.height, image.width});
  // libpng would weigh the colours in linear light.
  const bool turns_grey = channels == 1 && (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  image.format = channels == 1 && !turns_grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  pixels.resize(PNG_IMAGE_SIZE(image));
  const png_color black{0, 0, 0};
  const bool is_read = png_image_finish_read(&image, &black, pixels.data(), 0, nullptr) != 0;
  if (!is_read || PNG_IMAGE_FAILED(image)) {
    const std::string text = complaint(image);
    png_image_free(&image);
    return text;
  }
  if (turns_grey) turn_grey(pixels);
  decoded = {{image.height, image.width},
             static_cast<double>(window.top),
             static_cast<double>(window.left),
             static_cast<double>(window.size.height),
             static_cast<double>(window.size.width)};
  return std::nullopt;
}

}  // namespace hpctrain::data
