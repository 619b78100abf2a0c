// Two passes over each row, rows merged pairwise: no cancellation however many samples there are.
#include "pack/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace hpctrain::pack {
namespace {

double half_to_double(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) magnitude = fraction == 0 ? HUGE_VAL : NAN;
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

StatisticsCollector::StatisticsCollector(const data::FieldSchema& field) : type_(field.type) {
  const bool has_channels = !field.axes.empty() && field.axes.back() == 'C';
  channels_.resize(has_channels ? field.sample_shape.back() : 1);
}

template <class T, class ToDouble>
void StatisticsCollector::add_elements(std::span<const std::byte> row, ToDouble to_double) {
  const std::size_t stride = channels_.size() * sizeof(T);
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const auto element = [&](std::size_t i) {
      T value;
      std::memcpy(&value, row.data() + i * stride + c * sizeof(T), sizeof(T));
      return to_double(value);
    };
    // Not a number is a landmark that was not annotated.
    const std::size_t elements = row.size() / stride;
    Channel part{.minimum = HUGE_VAL, .maximum = -HUGE_VAL};
    double sum = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      const double value = element(i);
      if (!std::isfinite(value)) continue;
      ++part.count;
      sum += value;
      part.minimum = std::min(part.minimum, value);
      part.maximum = std::max(part.maximum, value);
    }
    if (part.count == 0) continue;
    part.mean = sum / static_cast<double>(part.count);
    for (std::size_t i = 0; i < elements; ++i) {
      const double deviation = element(i) - part.mean;
      if (std::isfinite(deviation)) part.squared_deviations += deviation * deviation;
    }
    merge(channels_[c], part);
  }
}

void StatisticsCollector::merge(Channel& total, const Channel& part) {
  if (total.count == 0) {
    total = part;
    return;
  }
  const auto a = static_cast<double>(total.count), b = static_cast<double>(part.count);
  const double difference = part.mean - total.mean;
  total.mean += difference * b / (a + b);
  total.squared_deviations += part.squared_deviations + difference * difference * a * b / (a + b);
  total.minimum = std::min(total.minimum, part.minimum);
  total.maximum = std::max(total.maximum, part.maximum);
  total.count += part.count;
}

void StatisticsCollector::add_row(std::span<const std::byte> row) {
  const auto plain = [](auto value) { return static_cast<double>(value); };
  switch (type_) {
    case data::ElementType::u8:
      return add_elements<std::uint8_t>(row, plain);
    case data::ElementType::i8:
      return add_elements<std::int8_t>(row, plain);
    case data::ElementType::u16:
      return add_elements<std::uint16_t>(row, plain);
    case data::ElementType::i16:
      return add_elements<std::int16_t>(row, plain);
    case data::ElementType::u32:
      return add_elements<std::uint32_t>(row, plain);
    case data::ElementType::i32:
      return add_elements<std::int32_t>(row, plain);
    case data::ElementType::u64:
      return add_elements<std::uint64_t>(row, plain);
    case data::ElementType::i64:
      return add_elements<std::int64_t>(row, plain);
    case data::ElementType::f16:
      return add_elements<std::uint16_t>(row, half_to_double);
    case data::ElementType::f32:
      return add_elements<float>(row, plain);
    case data::ElementType::f64:
      return add_elements<double>(row, plain);
  }
}

data::FieldStatistics StatisticsCollector::result() const {
  data::FieldStatistics statistics;
  for (const Channel& channel : channels_) {
    const double count = std::max<double>(1, static_cast<double>(channel.count));
    statistics.mean.push_back(channel.mean);
    statistics.standard_deviation.push_back(std::sqrt(channel.squared_deviations / count));
    statistics.minimum.push_back(channel.minimum);
    statistics.maximum.push_back(channel.maximum);
  }
  return statistics;
}

}  // namespace hpctrain::pack
