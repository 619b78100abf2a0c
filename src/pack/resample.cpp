// Separable, down the columns first: whole rows are summed at once. Sums of float in one order, so equal everywhere.
#include "pack/resample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

/// The original pixels that make one stored pixel; none where it is padding.
struct Taps {
  std::uint64_t first = 0;
  std::vector<float> weights;
};

/// Of every stored pixel of one axis. Outside the original nothing is known, so the weights of the rest sum to one.
std::vector<Taps> plan_taps(std::uint64_t original, std::uint64_t stored, double scale, double offset) {
  std::vector<Taps> all(stored);
  const double reach = std::max(1.0, 1 / scale);
  const auto last = static_cast<double>(original - 1);
  for (std::uint64_t i = 0; i < stored; ++i) {
    const double centre = (static_cast<double>(i) - offset) / scale;
    if (centre < -0.5 || centre > last + 0.5) continue;
    const double first = std::clamp(std::ceil(centre - reach), 0.0, last);
    const double end = std::clamp(std::floor(centre + reach), 0.0, last);
    std::vector<double> weights;
    double sum = 0;
    for (double place = first; place <= end; ++place) {
      weights.push_back(std::max(0.0, 1 - std::abs(place - centre) / reach));
      sum += weights.back();
    }
    all[i].first = static_cast<std::uint64_t>(first);
    for (const double weight : weights) all[i].weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

void add_row(std::span<float> sums, const std::byte* row, float weight) {
  const auto* values = reinterpret_cast<const std::uint8_t*>(row);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * static_cast<float>(values[i]);
}

std::byte to_level(float value) {
  return static_cast<std::byte>(std::lround(std::clamp(value, 0.0f, 255.0f)));
}

/// One stored row from the weighted mean of original rows.
void squeeze_row(std::span<const float> row, std::span<const Taps> columns, std::size_t channels, std::byte* out) {
  for (const Taps& taps : columns) {
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0;
      for (std::size_t k = 0; k < taps.weights.size(); ++k) {
        sum += taps.weights[k] * row[(taps.first + k) * channels + c];
      }
      *out++ = to_level(sum);
    }
  }
}

double plan_offset(std::uint64_t original, std::uint64_t stored, double scale) {
  return (static_cast<double>(stored) - 1) / 2 - scale * (static_cast<double>(original) - 1) / 2;
}

Placing plan_centred(ImageSize original, ImageSize stored, double scale) {
  return {scale, plan_offset(original.width, stored.width, scale), plan_offset(original.height, stored.height, scale)};
}

double extent_ratio(std::uint64_t stored, std::uint64_t original) {
  return static_cast<double>(stored) / static_cast<double>(original);
}

}  // namespace

Placing plan_padded(ImageSize original, ImageSize stored) {
  return plan_centred(
      original, stored,
      std::min(extent_ratio(stored.width, original.width), extent_ratio(stored.height, original.height)));
}

Placing plan_cropped(ImageSize original, ImageSize stored) {
  return plan_centred(
      original, stored,
      std::max(extent_ratio(stored.width, original.width), extent_ratio(stored.height, original.height)));
}

Placing plan_placing(Fit fit, ImageSize original, ImageSize stored) {
  return fit == Fit::crop ? plan_cropped(original, stored) : plan_padded(original, stored);
}

void require_wide_enough(const std::filesystem::path& path, ImageSize original, ImageSize stored,
                         const Placing& placing) {
  const double side = placing.scale * static_cast<double>(std::min(original.width, original.height));
  require(
      side >= 1, Fault::data,
      fmt::format("{}: is {} × {} pixels, and stored whole in {} × {} its short side would have {:.2g} of one; leave "
                  "it out, or crop it",
                  path.string(), original.width, original.height, stored.width, stored.height, side));
}

Image resample(const Image& image, ImageSize stored, const Placing& placing) {
  require_invariant(image.size.width > 0 && image.size.height > 0 && placing.scale > 0, "a picture has pixels");
  if (image.size == stored && placing == Placing{}) return image;
  const std::vector<Taps> columns = plan_taps(image.size.width, stored.width, placing.scale, placing.offset_x);
  const std::vector<Taps> rows = plan_taps(image.size.height, stored.height, placing.scale, placing.offset_y);
  const std::size_t row_bytes = image.size.width * image.channels;
  const std::size_t stored_row_bytes = stored.width * image.channels;
  Image result{stored, image.channels, {}};
  result.pixels.resize(stored_row_bytes * stored.height);
  std::vector<float> sums(row_bytes);
  for (std::uint64_t y = 0; y < stored.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (std::size_t k = 0; k < rows[y].weights.size(); ++k) {
      add_row(sums, image.pixels.data() + (rows[y].first + k) * row_bytes, rows[y].weights[k]);
    }
    squeeze_row(sums, columns, image.channels, result.pixels.data() + y * stored_row_bytes);
  }
  return result;
}

}  // namespace hpctrain::pack
