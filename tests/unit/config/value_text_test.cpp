// Single values: what is read, what is refused, and that numbers survive the way through text.
#include "config/value_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace hpctrain::config {
namespace {

template <class Value>
std::string complaint_about(const Parsed<Value>& parsed) {
  const auto* complaint = std::get_if<Complaint>(&parsed);
  return complaint == nullptr ? "" : complaint->text;
}

TEST(ValueText, ReadsWholeIntegersOnly) {
  EXPECT_EQ(std::get<std::int64_t>(parse_integer(" -17 ")), -17);
  EXPECT_EQ(std::get<std::int64_t>(parse_integer("+17")), 17);
  EXPECT_EQ(std::get<std::int64_t>(parse_integer("9223372036854775807")), INT64_MAX);
  for (const char* text : {"17x", "1.0", "1e3", "0x10", "++1", "+-1", "1 2", "-", "nan"})
    EXPECT_EQ(complaint_about(parse_integer(text)), "is not an integer") << text;
  EXPECT_EQ(complaint_about(parse_integer("9223372036854775808")), "is beyond what can be represented");
  EXPECT_EQ(complaint_about(parse_integer("  ")), "is empty");
}

TEST(ValueText, NegativeNumbersNeverWrapIntoUnsignedOnes) {
  EXPECT_EQ(complaint_about(ValueCodec<std::uint64_t>::parse("-3")), "is negative");
  EXPECT_EQ(complaint_about(ValueCodec<std::uint32_t>::parse("-3")), "is negative");
  EXPECT_EQ(std::get<std::uint32_t>(ValueCodec<std::uint32_t>::parse("4294967295")), 4294967295U);
  EXPECT_EQ(complaint_about(ValueCodec<std::uint32_t>::parse("4294967296")), "is out of range");
  EXPECT_EQ(complaint_about(ValueCodec<std::int32_t>::parse("-2147483649")), "is out of range");
}

TEST(ValueText, RefusesNumbersThatAreNotFiniteOrNotWhollyNumbers) {
  for (const char* text : {"nan", "inf", "-inf", "infinity"})
    EXPECT_EQ(complaint_about(parse_number(text)), "is not a finite number") << text;
  for (const char* text : {"0.1x", "1,5", "--1", "0x1p3 ", "1e", "."})
    EXPECT_EQ(complaint_about(parse_number(text)), "is not a number") << text;
  EXPECT_EQ(complaint_about(parse_number("1e400")), "is beyond what can be represented");
  EXPECT_EQ(complaint_about(ValueCodec<float>::parse("1e39")), "is out of range");
  EXPECT_EQ(std::get<double>(parse_number("+.5e1")), 5.0);
}

TEST(ValueText, ReadsTheEightWordsForYesAndNo) {
  for (const char* text : {"yes", "TRUE", "On", "1"}) EXPECT_TRUE(std::get<bool>(parse_yes_no(text))) << text;
  for (const char* text : {"no", "False", "OFF", "0"}) EXPECT_FALSE(std::get<bool>(parse_yes_no(text))) << text;
  EXPECT_EQ(complaint_about(parse_yes_no("y")), "is neither yes nor no");
  EXPECT_EQ(complaint_about(parse_yes_no("2")), "is neither yes nor no");
}

TEST(ValueText, NumbersKeepEveryBitThroughText) {
  std::mt19937_64 bits(1);
  int finite = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t pattern = bits();
    double value = 0;
    std::memcpy(&value, &pattern, sizeof value);
    if (!std::isfinite(value)) continue;
    ++finite;
    const double back = std::get<double>(parse_number(format_number(value)));
    ASSERT_EQ(std::memcmp(&back, &value, sizeof value), 0) << format_number(value);
  }
  EXPECT_GT(finite, 19000);
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(0.1F), "0.1");
}

TEST(ValueText, SplitsOutsideParenthesesOnly) {
  using testing::ElementsAre;
  EXPECT_THAT(split_outside_parentheses("a,b(c,d(e,f)),g", ","), ElementsAre("a", "b(c,d(e,f))", "g"));
  EXPECT_THAT(split_outside_parentheses("a),b", ","), ElementsAre("a)", "b"));
  EXPECT_THAT(split_outside_parentheses("", ","), ElementsAre(""));
}

}  // namespace
}  // namespace hpctrain::config
