// See window_resize.hpp.
#include "data/window_resize.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace hpctrain::data {
namespace {

constexpr std::size_t kLanes = 4;  // a pixel's channels and one that is thrown away: one vector register

void add_row(float* sums, const std::uint8_t* row, std::size_t count, float weight) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += weight * static_cast<float>(row[i]);
}

std::byte to_level(float value) {
  const float shifted = std::clamp(value, 0.0f, 255.0f) + 0.5f;  // half up, without a call for each pixel
  return static_cast<std::byte>(static_cast<int>(shifted));
}

}  // namespace

void WindowResize::plan_axis(std::size_t available, double begin, double extent, std::size_t output, Axis& axis) {
  const double step = extent / static_cast<double>(output);
  const double reach = std::max(1.0, step);
  const auto last = static_cast<double>(available - 1);
  axis.taps = std::min(available, static_cast<std::size_t>(std::ceil(2 * reach)) + 1);
  axis.first.resize(output);
  axis.weights.assign(output * axis.taps, 0);
  for (std::size_t i = 0; i < output; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * step - 0.5;
    const double low = std::clamp(std::ceil(centre - reach), 0.0, static_cast<double>(available - axis.taps));
    axis.first[i] = static_cast<std::size_t>(low);
    float* weights = axis.weights.data() + i * axis.taps;
    double sum = 0;
    for (std::size_t k = 0; k < axis.taps; ++k) {
      const double place = low + static_cast<double>(k);
      const double weight = std::max(0.0, 1 - std::abs(place - std::clamp(centre, 0.0, last)) / reach);
      weights[k] = static_cast<float>(weight);
      sum += weight;
    }
    for (std::size_t k = 0; k < axis.taps; ++k) weights[k] = static_cast<float>(weights[k] / sum);
  }
}

void WindowResize::run(std::span<const std::byte> pixels, const DecodedWindow& window, ImageSize output,
                       unsigned channels, std::byte* destination) {
  plan_axis(window.size.height, window.top, window.height, output.height, rows_);
  plan_axis(window.size.width, window.left, window.width, output.width, columns_);
  const std::size_t row_values = std::size_t{window.size.width} * channels;
  const auto* values = reinterpret_cast<const std::uint8_t*>(pixels.data());
  for (std::size_t y = 0; y < output.height; ++y) {
    sums_.assign(row_values + kLanes, 0);
    for (std::size_t k = 0; k < rows_.taps; ++k) {
      const float weight = rows_.weights[y * rows_.taps + k];
      if (weight > 0) add_row(sums_.data(), values + (rows_.first[y] + k) * row_values, row_values, weight);
    }
    for (std::size_t x = 0; x < output.width; ++x) {
      float mean[kLanes] = {};
      const float* from = sums_.data() + columns_.first[x] * channels;
      for (std::size_t k = 0; k < columns_.taps; ++k) {
        const float weight = columns_.weights[x * columns_.taps + k];
        for (std::size_t c = 0; c < kLanes; ++c) mean[c] += weight * from[k * channels + c];
      }
      for (unsigned c = 0; c < channels; ++c) *destination++ = to_level(mean[c]);
    }
  }
}

}  // namespace hpctrain::data
