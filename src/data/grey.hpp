// How red, green and blue become grey: one formula for the packer, the loader and pictures from outside.
#pragma once

#include <cstddef>

namespace hpctrain::data {

/// 0.299 red + 0.587 green + 0.114 blue, rounded.
///   source  ITU-R BT.601, in the arithmetic of Pillow's convert("L")
inline std::byte grey_of(std::byte red, std::byte green, std::byte blue) noexcept {
  // Shares in 65,536.
  constexpr unsigned kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 1u << 15;
  const unsigned sum = kRed * std::to_integer<unsigned>(red) + kGreen * std::to_integer<unsigned>(green) +
                       kBlue * std::to_integer<unsigned>(blue);
  return static_cast<std::byte>((sum + kHalf) >> 16);
}

}  // namespace hpctrain::data
