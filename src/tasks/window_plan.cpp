#include "tasks/window_plan.hpp"

#include <algorithm>
#include <cmath>

#include "core/philox.hpp"
#include "tasks/augmentation_draws.hpp"

namespace hpctrain::tasks {
namespace {

constexpr int kTries = 10;

std::uint32_t whole(double pixels) {
  return static_cast<std::uint32_t>(std::max(0.0, std::round(pixels)));
}

data::ImageWindow centred(data::ImageSize image, data::ImageSize size) {
  size = {std::clamp(size.height, 1u, image.height), std::clamp(size.width, 1u, image.width)};
  return {(image.height - size.height) / 2, (image.width - size.width) / 2, size};
}

data::ImageWindow largest_of_aspect(data::ImageSize image, Range aspect) {
  const double own = static_cast<double>(image.width) / image.height;
  const double nearest = std::clamp(own, aspect.low, aspect.high);
  if (own < nearest) return centred(image, {whole(image.width / nearest), image.width});
  return centred(image, {image.height, whole(image.height * nearest)});
}

}  // namespace

std::optional<data::ImageWindow> plan_random_window(const AugmentationSettings& settings, data::ImageSize image,
                                                    std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id,
                                                    std::uint32_t view) {
  CounterStream draws(seed, epoch, sample_id, draw_of_view(kWindow, view));
  if (!draws.chance(settings.window_chance)) return std::nullopt;
  const double area = static_cast<double>(image.height) * image.width;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double share = draws.uniform(settings.window_area.low, settings.window_area.high);
    const double aspect =
        std::exp(draws.uniform(std::log(settings.window_aspect.low), std::log(settings.window_aspect.high)));
    const data::ImageSize size{whole(std::sqrt(area * share / aspect)), whole(std::sqrt(area * share * aspect))};
    if (size.height < 1 || size.width < 1 || size.height > image.height || size.width > image.width) continue;
    const auto top = static_cast<std::uint32_t>(draws.below(image.height - size.height + 1));
    const auto left = static_cast<std::uint32_t>(draws.below(image.width - size.width + 1));
    return data::ImageWindow{top, left, size};
  }
  return largest_of_aspect(image, settings.window_aspect);
}

data::ImageWindow RandomWindows::plan_window(std::uint64_t epoch, std::uint64_t sample_id,
                                             data::ImageSize stored) const {
  return plan_random_window(settings_, stored, seed_, epoch, sample_id).value_or(data::ImageWindow{0, 0, stored});
}

}  // namespace hpctrain::tasks
