// Bit arithmetic only: g++ 12 has no _Float16 in C++, and the F16C instructions are not on every node.
#include "comm/half.hpp"

#include <bit>
#include <cmath>

namespace hpctrain::comm {

float widen_f16(std::uint16_t bits) noexcept {
  const bool is_negative = (bits & 0x8000U) != 0;
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  float magnitude = 0.0F;
  if (exponent == 0x1F) {
    const std::uint32_t widened = 0x7F800000U | (static_cast<std::uint32_t>(fraction) << 13);
    magnitude = std::bit_cast<float>(widened);
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
  }
  return std::copysign(magnitude, is_negative ? -1.0F : 1.0F);
}

std::uint16_t narrow_f16(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 65520.0F) return static_cast<std::uint16_t>(sign | 0x7C00U);  // rounds up past the largest number
  if (magnitude == 0.0F) return sign;

  int exponent = 0;
  std::frexp(magnitude, &exponent);
  // Spacing of binary16 numbers around `magnitude`; constant below the smallest normal number 2^-14.
  const int spacing = (exponent < -13 ? -13 : exponent) - 11;
  const auto steps = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, -spacing)));
  // `steps` counts from zero in the lowest binade and from 0x400 in the others; a carry moves into the exponent by
  // itself.
  const std::uint32_t binade = static_cast<std::uint32_t>(spacing + 24);
  return static_cast<std::uint16_t>(sign | ((binade << 10) + steps));
}

float widen_bf16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t narrow_bf16(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x0040U);
  const std::uint32_t round_to_even = 0x7FFFU + ((bits >> 16) & 1U);
  return static_cast<std::uint16_t>((bits + round_to_even) >> 16);
}

}  // namespace hpctrain::comm
