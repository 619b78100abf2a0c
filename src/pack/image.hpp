// A decoded picture in memory. Knows no file format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hpctrain::pack {

struct ImageSize {
  std::uint64_t width = 0;   ///< pixels
  std::uint64_t height = 0;  ///< pixels

  bool operator==(const ImageSize&) const = default;
};

enum class ImageFormat { bmp, png, jpeg };

/// What the head of a picture's file says.
struct ImageHeader {
  ImageSize size;              ///< when it stands upright
  std::uint64_t channels = 1;  ///< 1 grey, 3 red, green, blue
  ImageFormat format = ImageFormat::bmp;
  /// Any decoder gives its pixels: it stands upright and has 8 bits per channel, no palette and no transparency.
  bool is_plain = true;

  bool operator==(const ImageHeader&) const = default;
};

/// Row-major from the top left, channels innermost.
struct Image {
  ImageSize size;
  std::uint64_t channels = 1;     ///< 1 grey, 3 red, green, blue
  std::vector<std::byte> pixels;  ///< [height, width, channels] u8

  bool operator==(const Image&) const = default;
};

}  // namespace hpctrain::pack
