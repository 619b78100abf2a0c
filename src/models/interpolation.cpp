// Sources: the index and weight formulas of ATen/native/UpSample.h and AdaptiveAveragePooling.
#include "models/interpolation.hpp"

#include <ATen/Context.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace hpctrain::models {
namespace {

constexpr double kCubic = -0.75;
constexpr std::int64_t kHeight = 2, kWidth = 3;

/// What one line of the result is made of: as many lines of the source, with a weight each.
struct Tap {
  std::vector<std::int64_t> lines;  // [result]
  std::vector<float> weights;       // [result]
};

double source_place(std::int64_t line, std::int64_t from, std::int64_t to) {
  return (static_cast<double>(line) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
}

std::vector<Tap> plan_linear(std::int64_t from, std::int64_t to) {
  std::vector<Tap> taps(2);
  for (std::int64_t line = 0; line < to; ++line) {
    const double place = std::max(0.0, source_place(line, from, to));
    const auto first = std::min(static_cast<std::int64_t>(place), from - 1);
    const double share = place - static_cast<double>(first);
    taps[0].lines.push_back(first);
    taps[1].lines.push_back(std::min(first + 1, from - 1));
    taps[0].weights.push_back(static_cast<float>(1 - share));
    taps[1].weights.push_back(static_cast<float>(share));
  }
  return taps;
}

/// R. Keys, Cubic convolution interpolation for digital image processing, 1981.
std::array<double, 4> cubic_weights(double share) {
  const auto near = [](double x) { return ((kCubic + 2) * x - (kCubic + 3)) * x * x + 1; };
  const auto far = [](double x) { return ((kCubic * x - 5 * kCubic) * x + 8 * kCubic) * x - 4 * kCubic; };
  return {far(share + 1), near(share), near(1 - share), far(2 - share)};
}

std::vector<Tap> plan_cubic(std::int64_t from, std::int64_t to) {
  std::vector<Tap> taps(4);
  for (std::int64_t line = 0; line < to; ++line) {
    const double place = source_place(line, from, to);
    const auto first = static_cast<std::int64_t>(std::floor(place));
    const auto weights = cubic_weights(place - static_cast<double>(first));
    for (std::int64_t t = 0; t < 4; ++t) {
      auto& tap = taps[static_cast<std::size_t>(t)];
      tap.lines.push_back(std::clamp<std::int64_t>(first - 1 + t, 0, from - 1));
      tap.weights.push_back(static_cast<float>(weights[static_cast<std::size_t>(t)]));
    }
  }
  return taps;
}

torch::Tensor apply_taps(const torch::Tensor& maps, std::int64_t axis, const std::vector<Tap>& taps) {
  std::vector<std::int64_t> shape(4, 1);
  shape[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(taps[0].lines.size());
  torch::Tensor sum;
  for (const Tap& tap : taps) {
    const auto lines = torch::tensor(tap.lines, torch::kInt64).to(maps.device());
    const auto weights = torch::tensor(tap.weights, torch::kFloat32).to(maps.device()).view(shape);
    const auto part = maps.index_select(axis, lines) * weights;
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

template <typename Plan>
torch::Tensor enlarge(const torch::Tensor& maps, at::IntArrayRef size, Plan plan) {
  const auto tall = apply_taps(maps, kHeight, plan(maps.size(kHeight), size[0]));
  return apply_taps(tall, kWidth, plan(maps.size(kWidth), size[1])).to(maps.scalar_type());
}

}  // namespace

bool needs_ordered_gradients(const torch::Tensor& maps) {
  return maps.is_cuda() && at::globalContext().deterministicAlgorithms();
}

torch::Tensor enlarge_bilinear(const torch::Tensor& maps, at::IntArrayRef size) {
  if (needs_ordered_gradients(maps)) return ordered::enlarge_bilinear(maps, size);
  return torch::upsample_bilinear2d(maps, size, /*align_corners=*/false);
}

torch::Tensor enlarge_bicubic(const torch::Tensor& maps, at::IntArrayRef size) {
  if (needs_ordered_gradients(maps)) return ordered::enlarge_bicubic(maps, size);
  return torch::upsample_bicubic2d(maps, size, /*align_corners=*/false);
}

torch::Tensor mean_of_parts(const torch::Tensor& maps, std::int64_t parts) {
  if (needs_ordered_gradients(maps)) return ordered::mean_of_parts(maps, parts);
  return torch::adaptive_avg_pool2d(maps, {parts, parts});
}

namespace ordered {

torch::Tensor enlarge_bilinear(const torch::Tensor& maps, at::IntArrayRef size) {
  return enlarge(maps, size, plan_linear);
}

torch::Tensor enlarge_bicubic(const torch::Tensor& maps, at::IntArrayRef size) {
  return enlarge(maps, size, plan_cubic);
}

torch::Tensor mean_of_parts(const torch::Tensor& maps, std::int64_t parts) {
  const auto part_of = [parts](const torch::Tensor& whole, std::int64_t axis, std::int64_t part) {
    const std::int64_t extent = whole.size(axis);
    const std::int64_t begin = part * extent / parts, end = ((part + 1) * extent + parts - 1) / parts;
    return whole.narrow(axis, begin, end - begin);
  };
  std::vector<torch::Tensor> means;
  for (std::int64_t row = 0; row < parts; ++row) {
    for (std::int64_t column = 0; column < parts; ++column) {
      means.push_back(part_of(part_of(maps, kHeight, row), kWidth, column).mean({kHeight, kWidth}));
    }
  }
  return torch::stack(means, -1).view({maps.size(0), maps.size(1), parts, parts});
}

}  // namespace ordered
}  // namespace hpctrain::models
