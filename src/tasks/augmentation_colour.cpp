#include "tasks/augmentation_colour.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "device/device.hpp"

namespace hpctrain::tasks {
namespace {

using Plans = std::span<const AugmentationPlan>;

/// One number of each plan.
///   shapes  [N, 1, 1, 1] float32
template <typename Value>
torch::Tensor per_sample(Plans plans, const torch::Device& device, Value value) {
  std::vector<double> values;
  for (const auto& plan : plans) values.push_back(static_cast<double>(value(plan)));
  return device::send(torch::tensor(values, torch::kFloat64).to(torch::kFloat32), device).view({-1, 1, 1, 1});
}

/// As broadcasting colour television weighs them.
torch::Tensor grey_of(const torch::Tensor& images) {
  return images.narrow(1, 0, 1) * 0.2989 + images.narrow(1, 1, 1) * 0.587 + images.narrow(1, 2, 1) * 0.114;
}

/// shapes  images [N, 3, H, W] within 0–1; shift [N, 1, 1, 1] of the colour circle
torch::Tensor turn_hue(const torch::Tensor& images, const torch::Tensor& shift) {
  const auto red = images.narrow(1, 0, 1), green = images.narrow(1, 1, 1), blue = images.narrow(1, 2, 1);
  const auto most = images.amax({1}, true), least = images.amin({1}, true);
  const auto range = most - least;
  const auto divisor = torch::where(range == 0, torch::ones_like(range), range);
  const auto of_red = (green - blue) / divisor, of_green = 2 + (blue - red) / divisor,
             of_blue = 4 + (red - green) / divisor;
  const auto sixths = torch::where(most == red, of_red, torch::where(most == green, of_green, of_blue));
  const auto turned = sixths + shift * 6;
  const auto channel = [&](double first) {
    const auto distance = (turned + first).remainder(6);
    return most - range * torch::minimum(distance, 4 - distance).clamp(0, 1);
  };
  return torch::cat({channel(5), channel(3), channel(1)}, 1);
}

/// Weights of each plan's Gaussian from -radius to radius; a sharp image's is 1 in the middle.
///   shapes  [N, 2·radius + 1]
torch::Tensor blur_weights(Plans plans, std::int64_t radius, const torch::Device& device) {
  std::vector<double> rows;
  for (const auto& plan : plans) {
    const double reach = std::min(static_cast<double>(radius), std::ceil(3 * plan.blur_sigma));
    std::vector<double> row;
    for (std::int64_t i = -radius; i <= radius; ++i) {
      const double distance = std::abs(static_cast<double>(i));
      const double spread = plan.blur_sigma > 0 ? distance / plan.blur_sigma : 0;
      row.push_back(distance <= reach ? std::exp(-0.5 * spread * spread) : 0);
    }
    double sum = 0;
    for (const double weight : row) sum += weight;
    for (const double weight : row) rows.push_back(weight / sum);
  }
  return device::send(torch::tensor(rows, torch::kFloat64).to(torch::kFloat32), device)
      .view({static_cast<std::int64_t>(plans.size()), -1, 1, 1, 1});
}

/// A sum of shifted images: a convolution may add up in another order for another number of samples.
torch::Tensor weighted_along(const torch::Tensor& padded, const torch::Tensor& weights, std::int64_t axis,
                             std::int64_t extent) {
  torch::Tensor sum;
  for (std::int64_t i = 0; i < weights.size(1); ++i) {
    const auto part = padded.narrow(axis, i, extent) * weights.select(1, i);
    sum = sum.defined() ? sum.add_(part) : part;
  }
  return sum;
}

/// 64 mixed bits of each number.
///   source  Steele, Lea, Flood: Fast splittable pseudorandom number generators; OOPSLA 2014
torch::Tensor mixed_bits(const torch::Tensor& numbers) {
  const auto fold = [](const torch::Tensor& bits, std::int64_t shift) {
    return bits.bitwise_xor(bits.bitwise_right_shift(shift).bitwise_and((std::int64_t{1} << (64 - shift)) - 1));
  };
  const auto first = fold(numbers, 30) * static_cast<std::int64_t>(0xBF58476D1CE4E5B9);
  return fold(fold(first, 27) * static_cast<std::int64_t>(0x94D049BB133111EB), 31);
}

/// Pairs of normal numbers from 24 bits of the radius and 24 of the angle.
///   shapes  seeds [N, 1] → [N, count] float32
torch::Tensor normal_numbers(const torch::Tensor& seeds, std::int64_t count) {
  constexpr double kSteps = 1 << 24;
  const auto pairs = torch::arange((count + 1) / 2, seeds.options()).unsqueeze(0) + 1;
  const auto bits = mixed_bits(seeds + pairs * static_cast<std::int64_t>(0x9E3779B97F4A7C15));
  const auto share = [&](std::int64_t shift) {
    const auto steps = bits.bitwise_right_shift(shift).bitwise_and((std::int64_t{1} << 24) - 1);
    return (steps.to(torch::kFloat32) + 0.5) / kSteps;
  };
  const auto radius = (share(40).log() * -2).sqrt(), angle = share(8) * (2 * std::numbers::pi);
  return torch::cat({radius * angle.cos(), radius * angle.sin()}, 1).narrow(1, 0, count);
}

}  // namespace

torch::Tensor change_intensities(const torch::Tensor& images, Plans plans) {
  const auto is_neutral = [](const AugmentationPlan& plan) {
    return plan.gamma == 1 && plan.contrast == 1 && plan.brightness == 0;
  };
  if (std::all_of(plans.begin(), plans.end(), is_neutral)) return images;
  const auto& device = images.device();
  const auto gamma = per_sample(plans, device, [](const auto& plan) { return plan.gamma; });
  // A power of 1 need not give the same bits back, and a sample must not depend on its neighbours' gamma.
  auto changed = torch::where(gamma == 1, images, images.clamp_min(0).pow(gamma));
  changed.mul_(per_sample(plans, device, [](const auto& plan) { return plan.contrast; }));
  return changed.add_(per_sample(plans, device, [](const auto& plan) { return plan.brightness; }));
}

torch::Tensor change_colours(const torch::Tensor& images, Plans plans) {
  const auto any = [&](auto changes) { return std::any_of(plans.begin(), plans.end(), changes); };
  const auto& device = images.device();
  auto changed = images;
  if (any([](const auto& plan) { return plan.saturation != 1; })) {
    const auto share = per_sample(plans, device, [](const auto& plan) { return plan.saturation; });
    changed = torch::where(share == 1, changed, (changed * share + grey_of(changed) * (1 - share)).clamp(0, 1));
  }
  if (any([](const auto& plan) { return plan.hue != 0; })) {
    const auto shift = per_sample(plans, device, [](const auto& plan) { return plan.hue; });
    changed = torch::where(shift == 0, changed, turn_hue(changed.clamp(0, 1), shift));
  }
  if (any([](const auto& plan) { return plan.is_grey; })) {
    const auto is_grey = per_sample(plans, device, [](const auto& plan) { return plan.is_grey; });
    changed = torch::where(is_grey == 1, grey_of(changed), changed);
  }
  return changed;
}

torch::Tensor blur(const torch::Tensor& images, Plans plans) {
  double widest = 0;
  for (const auto& plan : plans) widest = std::max(widest, plan.blur_sigma);
  if (widest == 0) return images;
  const std::int64_t height = images.size(2), width = images.size(3);
  const auto radius = std::min({static_cast<std::int64_t>(std::ceil(3 * widest)), height - 1, width - 1});
  const auto weights = blur_weights(plans, radius, images.device());
  const auto padded = torch::reflection_pad2d(images, {radius, radius, radius, radius});
  const auto blurred = weighted_along(weighted_along(padded, weights, 3, width), weights, 2, height);
  const auto sigma = per_sample(plans, images.device(), [](const auto& plan) { return plan.blur_sigma; });
  return torch::where(sigma == 0, images, blurred);
}

torch::Tensor add_noise(const torch::Tensor& images, Plans plans) {
  const auto is_clean = [](const AugmentationPlan& plan) { return plan.noise == 0; };
  if (std::all_of(plans.begin(), plans.end(), is_clean)) return images;
  std::vector<std::int64_t> seeds;
  for (const auto& plan : plans) seeds.push_back(static_cast<std::int64_t>(plan.noise_seed));
  const auto numbers = device::send(torch::tensor(seeds, torch::kInt64), images.device()).unsqueeze(1);
  const auto noise = normal_numbers(numbers, images.numel() / images.size(0)).view(images.sizes());
  return images + noise * per_sample(plans, images.device(), [](const auto& plan) { return plan.noise; });
}

torch::Tensor cut_out(const torch::Tensor& images, Plans plans, double value) {
  const auto is_whole = [](const AugmentationPlan& plan) { return plan.cutout.size == 0; };
  if (std::all_of(plans.begin(), plans.end(), is_whole)) return images;
  const auto& device = images.device();
  const auto is_within = [&](std::int64_t extent, auto first_of) {
    const auto first = per_sample(plans, device, first_of);
    const auto size = per_sample(plans, device, [](const auto& plan) { return plan.cutout.size; });
    const auto place = torch::arange(extent, first.options());
    return place.ge(first) & place.lt(first + size);
  };
  const auto rows = is_within(images.size(2), [](const auto& plan) { return plan.cutout.top; });
  const auto columns = is_within(images.size(3), [](const auto& plan) { return plan.cutout.left; });
  return images.masked_fill(rows.transpose(2, 3) & columns, value);
}

}  // namespace hpctrain::tasks
