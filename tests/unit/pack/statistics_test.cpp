// Statistics against numbers worked out by hand.
#include "pack/statistics.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace hpctrain::pack {
namespace {

data::FieldSchema schema(data::ElementType type, const std::string& axes, std::vector<std::uint64_t> shape) {
  data::FieldSchema field;
  field.type = type;
  field.axes = axes;
  field.sample_shape = std::move(shape);
  return field;
}

TEST(Statistics, AreKeptApartForEachChannel) {
  StatisticsCollector collector(schema(data::ElementType::u8, "HWC", {1, 2, 2}));
  const std::array<std::array<std::uint8_t, 4>, 2> rows{{{0, 10, 4, 20}, {8, 30, 12, 40}}};
  for (const auto& row : rows) collector.add_row(std::as_bytes(std::span(row)));
  const data::FieldStatistics result = collector.result();
  EXPECT_EQ(result.mean, (std::vector<double>{6, 25}));
  EXPECT_DOUBLE_EQ(result.standard_deviation[0], std::sqrt(20.0));
  EXPECT_DOUBLE_EQ(result.standard_deviation[1], std::sqrt(125.0));
  EXPECT_EQ(result.minimum, (std::vector<double>{0, 10}));
  EXPECT_EQ(result.maximum, (std::vector<double>{12, 40}));
}

TEST(Statistics, DoNotLoseSmallDeviationsFarFromZero) {
  StatisticsCollector collector(schema(data::ElementType::f64, "", {}));
  for (const double value : {1e9 - 1, 1e9 + 1, 1e9 - 1, 1e9 + 1}) {
    collector.add_row(std::as_bytes(std::span(&value, 1)));
  }
  EXPECT_DOUBLE_EQ(collector.result().mean[0], 1e9);
  EXPECT_NEAR(collector.result().standard_deviation[0], 1, 1e-6);
}

TEST(Statistics, ReadHalfPrecision) {
  StatisticsCollector collector(schema(data::ElementType::f16, "", {}));
  for (const std::uint16_t bits : {0x3c00, 0xc000, 0x0001}) {  // 1, -2, 2^-24
    collector.add_row(std::as_bytes(std::span(&bits, 1)));
  }
  EXPECT_EQ(collector.result().maximum[0], 1);
  EXPECT_EQ(collector.result().minimum[0], -2);
  EXPECT_NEAR(collector.result().mean[0], (1 - 2 + std::ldexp(1, -24)) / 3, 1e-15);
}

TEST(Statistics, LeaveOutWhatIsNotFinite) {
  StatisticsCollector collector(schema(data::ElementType::f32, "", {2, 2}));
  const std::array<std::array<float, 4>, 3> rows{{{NAN, NAN, 2, 6}, {NAN, NAN, NAN, NAN}, {10, INFINITY, -2, NAN}}};
  for (const auto& row : rows) collector.add_row(std::as_bytes(std::span(row)));
  const data::FieldStatistics result = collector.result();
  EXPECT_EQ(result.mean, (std::vector<double>{4}));
  EXPECT_DOUBLE_EQ(result.standard_deviation[0], std::sqrt(20.0));
  EXPECT_EQ(result.minimum, (std::vector<double>{-2}));
  EXPECT_EQ(result.maximum, (std::vector<double>{10}));
}

TEST(Statistics, AreZeroWhereNothingIsFinite) {
  StatisticsCollector collector(schema(data::ElementType::f32, "", {2}));
  const std::array<float, 2> row{NAN, -INFINITY};
  collector.add_row(std::as_bytes(std::span(row)));
  EXPECT_EQ(collector.result(), (data::FieldStatistics{{0}, {0}, {0}, {0}}));
}

}  // namespace
}  // namespace hpctrain::pack
