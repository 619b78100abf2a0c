#include "pack/colour.hpp"

#include <utility>

#include "data/grey.hpp"

namespace hpctrain::pack {
Image with_channels(Image image, std::uint64_t channels) {
  if (image.channels == channels) return image;
  const std::size_t pixels = image.size.width * image.size.height;
  Image result{image.size, channels, {}};
  result.pixels.resize(pixels * channels);
  for (std::size_t i = 0; i < pixels; ++i) {
    if (channels == 3) {
      for (std::size_t c = 0; c < 3; ++c) result.pixels[3 * i + c] = image.pixels[i];
    } else {
      result.pixels[i] = data::grey_of(image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]);
    }
  }
  return result;
}

}  // namespace hpctrain::pack
