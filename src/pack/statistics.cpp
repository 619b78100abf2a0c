// Two passes over each row, rows merged pairwise: no cancellation however many samples there are.
#include "pack/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

double half_to_double(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) magnitude = fraction == 0 ? HUGE_VAL : NAN;
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

std::size_t num_channels(const data::FieldSchema& field) {
  const bool has_channels = !field.axes.empty() && field.axes.back() == 'C';
  return has_channels ? field.sample_shape.back() : 1;
}

template <class T, class ToDouble>
std::vector<ChannelStatistics> measure(std::size_t channels, std::span<const std::byte> row, ToDouble to_double) {
  std::vector<ChannelStatistics> parts(channels, {.minimum = HUGE_VAL, .maximum = -HUGE_VAL});
  const std::size_t stride = channels * sizeof(T);
  const std::size_t elements = row.size() / stride;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto element = [&](std::size_t i) {
      T value;
      std::memcpy(&value, row.data() + i * stride + c * sizeof(T), sizeof(T));
      return to_double(value);
    };
    ChannelStatistics& part = parts[c];
    double sum = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      const double value = element(i);
      // Not a number is a landmark that was not annotated.
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
  }
  return parts;
}

/// Bytes are counted by value first: one pass over the row instead of two with floating-point numbers.
std::vector<ChannelStatistics> measure_bytes(std::size_t channels, std::span<const std::byte> row) {
  std::vector<std::array<std::uint64_t, 256>> counts(channels);
  const std::size_t elements = row.size() / channels;
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t c = 0; c < channels; ++c) ++counts[c][std::to_integer<std::size_t>(row[i * channels + c])];
  }
  std::vector<ChannelStatistics> parts(channels);
  for (std::size_t c = 0; c < channels && elements > 0; ++c) {
    ChannelStatistics& part = parts[c];
    const auto is_there = [](std::uint64_t count) { return count > 0; };
    part.count = elements;
    part.minimum = static_cast<double>(std::find_if(counts[c].begin(), counts[c].end(), is_there) - counts[c].begin());
    part.maximum =
        static_cast<double>(counts[c].rend() - std::find_if(counts[c].rbegin(), counts[c].rend(), is_there) - 1);
    for (std::size_t value = 0; value < counts[c].size(); ++value) {
      part.mean += static_cast<double>(value * counts[c][value]);
    }
    part.mean /= static_cast<double>(elements);
    for (std::size_t value = 0; value < counts[c].size(); ++value) {
      const double deviation = static_cast<double>(value) - part.mean;
      part.squared_deviations += deviation * deviation * static_cast<double>(counts[c][value]);
    }
  }
  return parts;
}

void merge(ChannelStatistics& total, const ChannelStatistics& part) {
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

}  // namespace

std::vector<ChannelStatistics> measure_row(const data::FieldSchema& field, std::span<const std::byte> row) {
  const std::size_t channels = num_channels(field);
  const auto plain = [](auto value) { return static_cast<double>(value); };
  switch (field.type) {
    case data::ElementType::u8:
      return measure_bytes(channels, row);
    case data::ElementType::i8:
      return measure<std::int8_t>(channels, row, plain);
    case data::ElementType::u16:
      return measure<std::uint16_t>(channels, row, plain);
    case data::ElementType::i16:
      return measure<std::int16_t>(channels, row, plain);
    case data::ElementType::u32:
      return measure<std::uint32_t>(channels, row, plain);
    case data::ElementType::i32:
      return measure<std::int32_t>(channels, row, plain);
    case data::ElementType::u64:
      return measure<std::uint64_t>(channels, row, plain);
    case data::ElementType::i64:
      return measure<std::int64_t>(channels, row, plain);
    case data::ElementType::f16:
      return measure<std::uint16_t>(channels, row, half_to_double);
    case data::ElementType::f32:
      return measure<float>(channels, row, plain);
    case data::ElementType::f64:
      return measure<double>(channels, row, plain);
  }
  throw Error(Fault::bug, "an unknown element type was found");
}

StatisticsCollector::StatisticsCollector(const data::FieldSchema& field)
    : field_(field), channels_(num_channels(field)) {}

void StatisticsCollector::add_row(std::span<const std::byte> row) {
  add(measure_row(field_, row));
}

void StatisticsCollector::add(std::span<const ChannelStatistics> row) {
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    if (row[c].count > 0) merge(channels_[c], row[c]);
  }
}

data::FieldStatistics StatisticsCollector::result() const {
  data::FieldStatistics statistics;
  for (const ChannelStatistics& channel : channels_) {
    const double count = std::max<double>(1, static_cast<double>(channel.count));
    statistics.mean.push_back(channel.mean);
    statistics.standard_deviation.push_back(std::sqrt(channel.squared_deviations / count));
    statistics.minimum.push_back(channel.minimum);
    statistics.maximum.push_back(channel.maximum);
  }
  return statistics;
}

}  // namespace hpctrain::pack
