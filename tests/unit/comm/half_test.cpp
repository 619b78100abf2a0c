// Known bit patterns from IEEE 754, and every binary16 number once round.
#include "comm/half.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hpctrain::comm {

namespace {

TEST(Half, EveryBinary16NumberSurvivesTheRoundTrip) {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = widen_f16(half);
    if (std::isnan(value)) {
      wrong += !std::isnan(widen_f16(narrow_f16(value)));
    } else {
      wrong += narrow_f16(value) != half;
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Half, KnownPatternsHaveTheirValues) {
  EXPECT_EQ(widen_f16(0x3C00), 1.0F);
  EXPECT_EQ(widen_f16(0xC000), -2.0F);
  EXPECT_EQ(widen_f16(0x7BFF), 65504.0F);
  EXPECT_EQ(widen_f16(0x0400), std::ldexp(1.0F, -14));
  EXPECT_EQ(widen_f16(0x0001), std::ldexp(1.0F, -24));
  EXPECT_EQ(widen_f16(0x7C00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(widen_bf16(0x3F80), 1.0F);
}

TEST(Half, RoundsToNearestTiesToEven) {
  EXPECT_EQ(narrow_f16(1.0F + std::ldexp(1.0F, -11)), 0x3C00);  // half way to 0x3C01
  EXPECT_EQ(narrow_f16(1.0F + 3 * std::ldexp(1.0F, -11)), 0x3C02);
  EXPECT_EQ(narrow_f16(2047.5F), 0x6800);  // carries into the exponent: 2048
  EXPECT_EQ(narrow_f16(65519.0F), 0x7BFF);
  EXPECT_EQ(narrow_f16(65520.0F), 0x7C00);
  EXPECT_EQ(narrow_f16(std::ldexp(1.0F, -25)), 0x0000);
  EXPECT_EQ(narrow_bf16(1.0F + std::ldexp(1.0F, -8)), 0x3F80);
  EXPECT_EQ(narrow_bf16(1.0F + 3 * std::ldexp(1.0F, -8)), 0x3F82);
}

TEST(Half, NotANumberStaysOne) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(widen_f16(narrow_f16(nan))));
  EXPECT_TRUE(std::isnan(widen_bf16(narrow_bf16(nan))));
}

}  // namespace

}  // namespace hpctrain::comm
