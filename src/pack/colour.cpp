#include "pack/colour.hpp"

#include <utility>

namespace hpctrain::pack {
namespace {

// Shares of red, green and blue in 65,536.
constexpr unsigned kRed = 19595;
constexpr unsigned kGreen = 38470;
constexpr unsigned kBlue = 7471;
constexpr unsigned kHalf = 1u << 15;

}  // namespace

Image with_channels(Image image, std::uint64_t channels) {
  if (image.channels == channels) return image;
  const std::size_t pixels = image.size.width * image.size.height;
  Image result{image.size, channels, {}};
  result.pixels.resize(pixels * channels);
  for (std::size_t i = 0; i < pixels; ++i) {
    if (channels == 3) {
      for (std::size_t c = 0; c < 3; ++c) result.pixels[3 * i + c] = image.pixels[i];
    } else {
      const auto level = [&](std::size_t c) { return std::to_integer<unsigned>(image.pixels[3 * i + c]); };
      result.pixels[i] = static_cast<std::byte>((kRed * level(0) + kGreen * level(1) + kBlue * level(2) + kHalf) >> 16);
    }
  }
  return result;
}

}  // namespace hpctrain::pack
