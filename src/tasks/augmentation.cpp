#include "tasks/augmentation.hpp"

#include <ATen/Context.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

using Plans = std::span<const AugmentationPlan>;

/// One number of each plan.
///   shapes  [N, 1, 1, 1] float32
template <typename Value>
torch::Tensor per_sample(Plans plans, const torch::Device& device, Value value) {
  std::vector<double> values;
  for (const auto& plan : plans) values.push_back(value(plan));
  return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).to(device).view({-1, 1, 1, 1});
}

/// Where each pixel of the augmented images comes from, in grid_sampler's coordinates (−1 … 1 over the image's area).
/// Products and sums only: a matrix product may round differently for another number of samples.
///   shapes  [plans, height, width, 2]
torch::Tensor source_grid(Plans plans, std::int64_t height, std::int64_t width, const torch::Device& device) {
  const double centre_x = 0.5 * static_cast<double>(width - 1), centre_y = 0.5 * static_cast<double>(height - 1);
  std::vector<double> rows;
  for (const auto& plan : plans) {
    const AffineMap back = plan.map.inverse();
    const double x0 = back.xx * centre_x + back.xy * centre_y + back.x0 - centre_x;
    const double y0 = back.yx * centre_x + back.yy * centre_y + back.y0 - centre_y;
    const double per_width = 2.0 / static_cast<double>(width), per_height = 2.0 / static_cast<double>(height);
    rows.insert(rows.end(), {back.xx * per_width, back.xy * per_width, x0 * per_width, back.yx * per_height,
                             back.yy * per_height, y0 * per_height});
  }
  const auto maps = torch::tensor(rows, torch::kFloat64).to(torch::kFloat32).to(device).view({-1, 6, 1, 1});
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  const auto x = (torch::arange(width, options) - centre_x).view({1, 1, -1});
  const auto y = (torch::arange(height, options) - centre_y).view({1, -1, 1});
  const auto coordinate = [&](std::int64_t first) {
    return maps.select(1, first) * x + maps.select(1, first + 1) * y + maps.select(1, first + 2);
  };
  return torch::stack({coordinate(0), coordinate(3)}, -1);
}

torch::Tensor resample(const torch::Tensor& images, Plans plans) {
  std::vector<AugmentationPlan> moved;
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].map == AffineMap{}) continue;
    moved.push_back(plans[i]);
    rows.push_back(static_cast<std::int64_t>(i));
  }
  if (moved.empty()) return images;
  const auto grid = source_grid(moved, images.size(2), images.size(3), images.device());
  const auto sample = [&](const torch::Tensor& sources) {
    constexpr std::int64_t kBilinear = 0, kZeros = 0;
    return torch::grid_sampler(sources, grid, kBilinear, kZeros, /*align_corners=*/false);
  };
  if (moved.size() == plans.size()) return sample(images);
  const auto selected = torch::tensor(rows, torch::kInt64).to(images.device());
  return images.index_copy(0, selected, sample(images.index_select(0, selected)));
}

void add_noise(torch::Tensor& images, Plans plans) {
  // A generator of the same kind as the device's own: its seed alone decides what a sample gets.
  auto generator = at::globalContext().defaultGenerator(images.device()).clone();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].noise == 0) continue;
    auto image = images[static_cast<std::int64_t>(i)];
    generator.set_current_seed(plans[i].noise_seed);
    image.add_(torch::empty_like(image).normal_(0, plans[i].noise, generator));
  }
}

torch::Tensor change_intensities(const torch::Tensor& images, Plans plans) {
  const auto is_neutral = [](const AugmentationPlan& plan) {
    return plan.gamma == 1 && plan.contrast == 1 && plan.brightness == 0 && plan.noise == 0;
  };
  if (std::all_of(plans.begin(), plans.end(), is_neutral)) return images;
  const auto& device = images.device();
  const auto gamma = per_sample(plans, device, [](const auto& plan) { return plan.gamma; });
  // A power of 1 need not give the same bits back, and a sample must not depend on its neighbours' gamma.
  auto changed = torch::where(gamma == 1, images, images.clamp_min(0).pow(gamma));
  changed.mul_(per_sample(plans, device, [](const auto& plan) { return plan.contrast; }));
  changed.add_(per_sample(plans, device, [](const auto& plan) { return plan.brightness; }));
  add_noise(changed, plans);
  return changed;
}

}  // namespace

torch::Tensor augment_images(const torch::Tensor& images, Plans plans) {
  require_invariant(images.size(0) == static_cast<std::int64_t>(plans.size()), "one augmentation plan per image");
  return change_intensities(resample(images, plans), plans);
}

torch::Tensor augment_points(const torch::Tensor& points, Plans plans, std::int64_t height, std::int64_t width) {
  require_invariant(points.size(0) == static_cast<std::int64_t>(plans.size()), "one augmentation plan per sample");
  std::vector<double> rows;
  for (const auto& plan : plans) {
    const AffineMap& map = plan.map;
    rows.insert(rows.end(), {map.xx, map.xy, map.x0, map.yx, map.yy, map.y0});
  }
  const auto maps = torch::tensor(rows, torch::kFloat64).to(points.device()).view({-1, 6, 1});
  const auto x = points.select(2, 0).to(torch::kFloat64), y = points.select(2, 1).to(torch::kFloat64);
  const auto coordinate = [&](std::int64_t first) {
    return maps.select(1, first) * x + maps.select(1, first + 1) * y + maps.select(1, first + 2);
  };
  const auto moved_x = coordinate(0), moved_y = coordinate(3);
  const auto is_inside = moved_x.ge(-0.5) & moved_x.lt(static_cast<double>(width) - 0.5) & moved_y.ge(-0.5) &
                         moved_y.lt(static_cast<double>(height) - 0.5);
  return torch::stack({moved_x, moved_y}, 2).masked_fill(~is_inside.unsqueeze(2), NAN).to(torch::kFloat32);
}

}  // namespace hpctrain::tasks
