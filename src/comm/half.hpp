// 16-bit floating point numbers on the host, widened to 32 bits for arithmetic. Must not know who reduces them.
#pragma once

#include <cstdint>

namespace hpctrain::comm {

/// IEEE 754 binary16 and bfloat16 as bit patterns; narrowing rounds to nearest, ties to even, and keeps NaN a NaN.
float widen_f16(std::uint16_t bits) noexcept;
std::uint16_t narrow_f16(float value) noexcept;
float widen_bf16(std::uint16_t bits) noexcept;
std::uint16_t narrow_bf16(float value) noexcept;

}  // namespace hpctrain::comm
