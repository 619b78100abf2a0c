#include "tasks/augmentation_geometry.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "device/device.hpp"

namespace hpctrain::tasks {
namespace {

using Plans = std::span<const AugmentationPlan>;

constexpr int kInversionRounds = 20;
constexpr std::int64_t kOutside = -1;

struct FrameSize {
  std::int64_t height = 0, width = 0;

  double centre_x() const { return 0.5 * static_cast<double>(width - 1); }
  double centre_y() const { return 0.5 * static_cast<double>(height - 1); }
};

/// One row of numbers for each plan, on the device.
///   shapes  [N, numbers]
template <typename Value>
torch::Tensor per_plan(Plans plans, const torch::TensorOptions& options, Value numbers_of) {
  std::vector<double> values;
  for (const auto& plan : plans) {
    const std::vector<double> numbers = numbers_of(plan);
    values.insert(values.end(), numbers.begin(), numbers.end());
  }
  const auto numbers = torch::tensor(values, torch::kFloat64).view({static_cast<std::int64_t>(plans.size()), -1});
  return device::send(numbers.to(options.dtype()), options.device());
}

/// Which row (or column) of the stored image each one of the moved image shows; kOutside for black.
void append_sources(std::vector<std::int64_t>& sources, std::int64_t extent, std::int64_t shift, Edge edge,
                    bool is_flipped) {
  for (std::int64_t i = 0; i < extent; ++i) {
    const std::int64_t source = (is_flipped ? extent - 1 - i : i) - shift;
    const std::int64_t last = extent - 1;
    const std::int64_t mirrored = source < 0 ? -source : source > last ? 2 * last - source : source;
    sources.push_back(edge == Edge::reflect || mirrored == source ? mirrored : kOutside);
  }
}

bool is_resampled(const AugmentationPlan& plan) {
  return plan.map != AffineMap{} || plan.window || plan.elastic.grid > 0;
}

/// Control points of every plan; zeros where a plan has none.
///   shapes  [N, 2, grid, grid]; undefined when no plan has any
torch::Tensor elastic_controls(Plans plans, const torch::TensorOptions& options) {
  std::int64_t grid = 0;
  for (const auto& plan : plans) grid = std::max(grid, plan.elastic.grid);
  if (grid == 0) return {};
  const auto numbers = static_cast<std::size_t>(2 * grid * grid);
  const auto rows = per_plan(plans, options, [&](const AugmentationPlan& plan) {
    std::vector<double> row(plan.elastic.pixels.begin(), plan.elastic.pixels.end());
    require_invariant(row.empty() || row.size() == numbers, "elastic plans of one batch share their grid");
    row.resize(numbers);
    return row;
  });
  return rows.view({-1, 2, grid, grid});
}

/// Positions in one direction, relative to the centre of the image.
struct Places {
  torch::Tensor x, y;  // [N, …] pixels
};

/// Where the elastic move says that each place comes from.
///   shapes  controls [N, 2, g, g]; places [N, A, B]
Places add_elastic(const torch::Tensor& controls, const Places& places, const FrameSize& frame) {
  if (!controls.defined()) return places;
  constexpr std::int64_t kBicubic = 2, kBorder = 1;
  const auto scaled = [](const torch::Tensor& place, std::int64_t extent) {
    return place * (2.0 / static_cast<double>(std::max<std::int64_t>(1, extent - 1)));
  };
  const auto grid = torch::stack({scaled(places.x, frame.width), scaled(places.y, frame.height)}, -1).nan_to_num(0);
  const auto moves = torch::grid_sampler(controls, grid, kBicubic, kBorder, /*align_corners=*/true);
  return {places.x + moves.select(1, 0), places.y + moves.select(1, 1)};
}

/// Factor and shift of a window along each axis, and the borders that it ends at, relative to the image's centre.
///   shapes  [N, 8]: x factor, x shift, x least, x most, y …
torch::Tensor window_numbers(Plans plans, const FrameSize& frame, const torch::TensorOptions& options) {
  const auto axis = [](double first, double shown, double extent, double centre) {
    return std::array{shown / extent, first + 0.5 * (shown - 1) - centre, first - centre, first + shown - 1 - centre};
  };
  return per_plan(plans, options, [&](const AugmentationPlan& plan) -> std::vector<double> {
    constexpr double kFar = std::numeric_limits<float>::max();
    if (!plan.window) return {1, 0, -kFar, kFar, 1, 0, -kFar, kFar};
    const auto& window = *plan.window;
    const auto x = axis(window.left, window.size.width, static_cast<double>(frame.width), frame.centre_x());
    const auto y = axis(window.top, window.size.height, static_cast<double>(frame.height), frame.centre_y());
    return {x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]};
  });
}

/// Products and sums only: a matrix product may round differently for another number of samples.
///   shapes  places [N, A, B]; maps [N, 6]
Places mapped(const torch::Tensor& maps, const Places& places) {
  const auto number = [&](std::int64_t column) { return maps.select(1, column).view({-1, 1, 1}); };
  return {number(0) * places.x + number(1) * places.y + number(2),
          number(3) * places.x + number(4) * places.y + number(5)};
}

/// The maps with the image's centre as origin.
torch::Tensor centred_maps(Plans plans, const FrameSize& frame, const torch::TensorOptions& options, bool is_inverse) {
  const double x = frame.centre_x(), y = frame.centre_y();
  return per_plan(plans, options, [&](const AugmentationPlan& plan) -> std::vector<double> {
    const AffineMap map = is_inverse ? plan.map.inverse() : plan.map;
    return {map.xx, map.xy, map.xx * x + map.xy * y + map.x0 - x, map.yx, map.yy, map.yx * x + map.yy * y + map.y0 - y};
  });
}

/// Where each pixel of the augmented images comes from, in grid_sampler's coordinates (−1 … 1 over the image's area).
///   shapes  [plans, height, width, 2]
torch::Tensor source_grid(Plans plans, const FrameSize& frame, const torch::Device& device) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  const Places pixels{(torch::arange(frame.width, options) - frame.centre_x()).view({1, 1, -1}),
                      (torch::arange(frame.height, options) - frame.centre_y()).view({1, -1, 1})};
  auto places = mapped(centred_maps(plans, frame, options, /*is_inverse=*/true), pixels);
  places = add_elastic(elastic_controls(plans, options), places, frame);
  const auto windows = window_numbers(plans, frame, options);
  const auto shown = [&](const torch::Tensor& place, std::int64_t first, std::int64_t extent) {
    const auto number = [&](std::int64_t column) { return windows.select(1, first + column).view({-1, 1, 1}); };
    const auto source = (place * number(0) + number(1)).clamp_min(number(2)).clamp_max(number(3));
    return source * (2.0 / static_cast<double>(extent));
  };
  return torch::stack({shown(places.x, 0, frame.width), shown(places.y, 4, frame.height)}, -1);
}

torch::Tensor is_inside(const Places& places, const FrameSize& frame) {
  const double x = 0.5 * static_cast<double>(frame.width), y = 0.5 * static_cast<double>(frame.height);
  return places.x.ge(-x) & places.x.lt(x) & places.y.ge(-y) & places.y.lt(y);
}

void forget_outside(Places& places, const FrameSize& frame) {
  const auto outside = ~is_inside(places, frame);
  places = {places.x.masked_fill(outside, NAN), places.y.masked_fill(outside, NAN)};
}

/// Crop and flip of points.
Places moved(Plans plans, const Places& places, const torch::TensorOptions& options) {
  const auto numbers = per_plan(plans, options, [](const AugmentationPlan& plan) -> std::vector<double> {
    return {static_cast<double>(plan.move.x), static_cast<double>(plan.move.y), plan.move.is_flipped ? -1.0 : 1.0};
  });
  const auto number = [&](std::int64_t column) { return numbers.select(1, column).view({-1, 1, 1}); };
  return {(places.x + number(0)) * number(2), places.y + number(1)};
}

Places out_of_window(Plans plans, const Places& places, const FrameSize& frame, const torch::TensorOptions& options) {
  const auto windows = window_numbers(plans, frame, options);
  const auto number = [&](std::int64_t column) { return windows.select(1, column).view({-1, 1, 1}); };
  return {(places.x - number(1)) / number(0), (places.y - number(5)) / number(4)};
}

/// The places that add_elastic() leads to `targets`.
Places without_elastic(const torch::Tensor& controls, const Places& targets, const FrameSize& frame) {
  if (!controls.defined()) return targets;
  Places places = targets;
  for (int round = 0; round < kInversionRounds; ++round) {
    const auto reached = add_elastic(controls, places, frame);
    places = {places.x + (targets.x - reached.x), places.y + (targets.y - reached.y)};
  }
  return places;
}

}  // namespace

torch::Tensor move_pixels(const torch::Tensor& images, Plans plans) {
  require_invariant(images.size(0) == static_cast<std::int64_t>(plans.size()), "one augmentation plan per image");
  const auto stays = [](const AugmentationPlan& plan) { return plan.move == PixelMove{.edge = plan.move.edge}; };
  if (std::all_of(plans.begin(), plans.end(), stays)) return images;
  std::vector<std::int64_t> rows, columns;
  for (const auto& plan : plans) {
    append_sources(rows, images.size(2), plan.move.y, plan.move.edge, false);
    append_sources(columns, images.size(3), plan.move.x, plan.move.edge, plan.move.is_flipped);
  }
  const auto count = images.size(0);
  const auto from_row = device::send(torch::tensor(rows, torch::kInt64), images.device()).view({count, -1, 1});
  const auto from_column = device::send(torch::tensor(columns, torch::kInt64), images.device()).view({count, 1, -1});
  const auto samples = torch::arange(count, from_row.options()).view({count, 1, 1});
  const std::vector<std::optional<torch::Tensor>> sources = {samples, from_row.clamp_min(0), from_column.clamp_min(0)};
  auto shown = torch::_unsafe_index(images.permute({0, 2, 3, 1}), c10::List<std::optional<torch::Tensor>>(sources));
  const auto is_black = (from_row.eq(kOutside) | from_column.eq(kOutside)).unsqueeze(3);
  const bool has_black =
      std::any_of(plans.begin(), plans.end(), [](const auto& plan) { return plan.move.edge == Edge::zero; });
  if (has_black) shown = shown.masked_fill(is_black, 0);
  return shown.permute({0, 3, 1, 2});
}

torch::Tensor resample(const torch::Tensor& images, Plans plans) {
  std::vector<AugmentationPlan> moved;
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (!is_resampled(plans[i])) continue;
    moved.push_back(plans[i]);
    rows.push_back(static_cast<std::int64_t>(i));
  }
  if (moved.empty()) return images;
  const auto grid = source_grid(moved, {images.size(2), images.size(3)}, images.device());
  const auto sample = [&](const torch::Tensor& sources) {
    constexpr std::int64_t kBilinear = 0, kZeros = 0;
    return torch::grid_sampler(sources, grid, kBilinear, kZeros, /*align_corners=*/false);
  };
  if (moved.size() == plans.size()) return sample(images);
  const auto selected = device::send(torch::tensor(rows, torch::kInt64), images.device());
  return images.index_copy(0, selected, sample(images.index_select(0, selected)));
}

torch::Tensor augment_points(const torch::Tensor& points, Plans plans, std::int64_t height, std::int64_t width) {
  require_invariant(points.size(0) == static_cast<std::int64_t>(plans.size()), "one augmentation plan per sample");
  const FrameSize frame{height, width};
  const auto options = torch::TensorOptions().dtype(torch::kFloat64).device(points.device());
  const auto exact = points.to(torch::kFloat64);
  Places places{exact.select(2, 0).unsqueeze(1) - frame.centre_x(), exact.select(2, 1).unsqueeze(1) - frame.centre_y()};
  places = moved(plans, places, options);
  forget_outside(places, frame);
  places = out_of_window(plans, places, frame, options);
  forget_outside(places, frame);
  places = without_elastic(elastic_controls(plans, options), places, frame);
  places = mapped(centred_maps(plans, frame, options, /*is_inverse=*/false), places);
  forget_outside(places, frame);
  return torch::stack({places.x + frame.centre_x(), places.y + frame.centre_y()}, -1).squeeze(1).to(torch::kFloat32);
}

}  // namespace hpctrain::tasks
