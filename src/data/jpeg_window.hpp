// Part of a JPEG picture in memory, through libjpeg-turbo.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/image_window.hpp"

namespace hpctrain::data {

/// Pixels that were decoded and where the wanted window lies in them, in their own, perhaps smaller scale.
struct DecodedWindow {
  ImageSize size;  ///< of what was decoded
  double top = 0, left = 0, height = 0, width = 0;
};

using WindowChoice = std::function<ImageWindow(ImageSize stored)>;

/// Decodes little more than the window: rows above are not transformed, columns beside are left out, and a window much
/// larger than `output` is decoded at a half, a quarter or an eighth.
///   shapes   pixels [size.height, size.width, channels] u8, channels 1 or 3
///   returns  nothing and fills `decoded` and `pixels`, or what is wrong with the picture
std::optional<std::string> decode_jpeg_window(std::span<const std::byte> encoded, const WindowChoice& choose_window,
                                              ImageSize output, unsigned channels, std::vector<std::byte>& pixels,
                                              DecodedWindow& decoded);

/// As decode_jpeg_window for PNG: the whole picture is decoded. Opacity is laid on black, 16 bits become 8.
std::optional<std::string> decode_png_window(std::span<const std::byte> encoded, const WindowChoice& choose_window,
                                             unsigned channels, std::vector<std::byte>& pixels, DecodedWindow& decoded);

}  // namespace hpctrain::data
