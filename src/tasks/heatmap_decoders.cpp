#include "tasks/heatmap_decoders.hpp"

#include <torch/utils.h>

#include <cmath>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

struct Peaks {
  torch::Tensor height;  // [N, K]
  torch::Tensor x;       // [N, K] int64
  torch::Tensor y;       // [N, K] int64
};

Peaks find_peaks(const torch::Tensor& heatmaps) {
  const auto [height, cell] = heatmaps.detach().flatten(2).max(2);
  const auto width = heatmaps.size(3);
  return {height, cell.remainder(width), cell.div(width, "floor")};
}

torch::Tensor as_points(const torch::Tensor& x, const torch::Tensor& y) {
  return torch::stack({x, y}, -1).to(torch::kFloat32);
}

/// Values at (x, y) moved into the image.
///   shapes  x, y [N, K, M] int64 → [N, K, M] float32
torch::Tensor values_at(const torch::Tensor& heatmaps, const torch::Tensor& x, const torch::Tensor& y) {
  const auto cells = y.clamp(0, heatmaps.size(2) - 1) * heatmaps.size(3) + x.clamp(0, heatmaps.size(3) - 1);
  return heatmaps.flatten(2).gather(2, cells).to(torch::kFloat32);
}

/// Place of the summit of the parabola through the logarithms at −1, 0 and 1; 0 where there is none.
///   shapes  values [N, K, 3], is_interior [N, K] → [N, K]
torch::Tensor summit_offset(const torch::Tensor& values, const torch::Tensor& is_interior) {
  const auto logs = values.log();
  const auto before = logs.select(2, 0), at = logs.select(2, 1), after = logs.select(2, 2);
  const auto curvature = before - 2 * at + after;
  const auto is_usable = is_interior & values.gt(0).all(2) & curvature.lt(0);
  // The peak is the highest of the three, so the summit lies within half a cell of it.
  return torch::where(is_usable, 0.5 * (before - after) / curvature, torch::zeros_like(curvature));
}

}  // namespace

DecodedPoints decode_argmax(const torch::Tensor& heatmaps) {
  const auto peaks = find_peaks(heatmaps);
  return {as_points(peaks.x, peaks.y), peaks.height.to(torch::kFloat32)};
}

DecodedPoints decode_log_parabola(const torch::Tensor& heatmaps) {
  const auto peaks = find_peaks(heatmaps);
  const auto steps = torch::arange(-1, 2, peaks.x.options());
  const auto x = peaks.x.unsqueeze(2), y = peaks.y.unsqueeze(2);
  const auto inside = [](const torch::Tensor& place, std::int64_t length) {
    return place.gt(0) & place.lt(length - 1);
  };
  const auto across =
      summit_offset(values_at(heatmaps, x + steps, y.expand({-1, -1, 3})), inside(peaks.x, heatmaps.size(3)));
  const auto down =
      summit_offset(values_at(heatmaps, x.expand({-1, -1, 3}), y + steps), inside(peaks.y, heatmaps.size(2)));
  return {as_points(peaks.x + across, peaks.y + down), peaks.height.to(torch::kFloat32)};
}

DecodedPoints decode_local_soft_argmax(const torch::Tensor& heatmaps, const SoftArgmaxSettings& settings) {
  const auto peaks = find_peaks(heatmaps);
  const auto width = 2 * settings.radius + 1;
  const auto steps = torch::arange(-settings.radius, settings.radius + 1, peaks.x.options());
  const auto step_x = steps.repeat({width}), step_y = steps.repeat_interleave(width);
  const auto x = peaks.x.unsqueeze(2) + step_x, y = peaks.y.unsqueeze(2) + step_y;
  const auto is_outside = x.lt(0) | x.ge(heatmaps.size(3)) | y.lt(0) | y.ge(heatmaps.size(2));

  const auto height = peaks.height.to(torch::kFloat32).unsqueeze(2);
  const auto is_positive = height.gt(0);
  const auto temperature = torch::where(is_positive, height * settings.relative_temperature, torch::ones_like(height));
  const auto exponents = (values_at(heatmaps, x, y) - height) / temperature;
  const auto softmax = exponents.masked_fill(is_outside, -INFINITY).softmax(2);
  const auto weights = torch::where(is_positive, softmax, torch::zeros_like(softmax));
  const auto offset_x = (weights * step_x).sum(2), offset_y = (weights * step_y).sum(2);
  return {as_points(peaks.x + offset_x, peaks.y + offset_y), height.squeeze(2)};
}

DecodedPoints decode(Decoder decoder, const torch::Tensor& heatmaps) {
  switch (decoder) {
    case Decoder::argmax:
      return decode_argmax(heatmaps);
    case Decoder::log_parabola:
      return decode_log_parabola(heatmaps);
    case Decoder::local_soft_argmax:
      return decode_local_soft_argmax(heatmaps);
  }
  throw Error(Fault::bug, "an unknown decoder was asked for");
}

}  // namespace hpctrain::tasks
