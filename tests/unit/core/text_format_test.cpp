// Numbers as people read them, at the seams between units.
#include "core/text_format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hpctrain {
namespace {

TEST(FormatBytes, ChangesUnitBeforeFourDigits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes((1ull << 20) - 1), "1.0 MiB");
  EXPECT_EQ(format_bytes(1288490189), "1.2 GiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(FormatDuration, PicksTheUnitsThatMatter) {
  EXPECT_EQ(format_duration(0), "0 ms");
  EXPECT_EQ(format_duration(0.85), "850 ms");
  EXPECT_EQ(format_duration(0.9999), "1.0 s");
  EXPECT_EQ(format_duration(12.34), "12.3 s");
  EXPECT_EQ(format_duration(59.97), "1 min 00 s");
  EXPECT_EQ(format_duration(245), "4 min 05 s");
  EXPECT_EQ(format_duration(3720), "1 h 02 min");
  EXPECT_EQ(format_duration(23 * 3600 + 59 * 60 + 45), "1 d 00 h");
  EXPECT_EQ(format_duration(76 * 3600), "3 d 04 h");
}

TEST(FormatDuration, DoesNotInventATime) {
  EXPECT_EQ(format_duration(-1), "unknown");
  EXPECT_EQ(format_duration(std::nan("")), "unknown");
  EXPECT_EQ(format_duration(INFINITY), "unknown");
}

TEST(FormatCount, SeparatesThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(FormatShare, IsAPercentage) {
  EXPECT_EQ(format_share(0.034), "3.4 %");
  EXPECT_EQ(format_share(1), "100.0 %");
  EXPECT_EQ(format_share(std::nan("")), "unknown");
}

TEST(FormatRate, KeepsThreeDigits) {
  EXPECT_EQ(format_rate(5312.4), "5,312");
  EXPECT_EQ(format_rate(99.97), "100");
  EXPECT_EQ(format_rate(41.72), "41.7");
  EXPECT_EQ(format_rate(0.519), "0.52");
  EXPECT_EQ(format_rate(-1), "unknown");
}

TEST(TruncateText, CutsAtWholeCharacters) {
  EXPECT_EQ(truncate_text("épöch", 3), "épö");
  EXPECT_EQ(truncate_text("épöch", 5), "épöch");
  EXPECT_EQ(truncate_text("", 3), "");
}

}  // namespace
}  // namespace hpctrain
