#include "tasks/augmentation_plan.hpp"

#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/philox.hpp"

namespace hpctrain::tasks {
namespace {

/// Part of a run's identity: never renumber.
enum Operation : std::uint32_t {
  kRotate = 0x4100,
  kScale = 0x4101,
  kTranslate = 0x4102,
  kContrast = 0x4103,
  kBrightness = 0x4104,
  kGamma = 0x4105,
  kNoise = 0x4106,
};

}  // namespace

AffineMap AffineMap::inverse() const {
  const double area = xx * yy - xy * yx;
  require_invariant(area != 0, "an augmentation maps the image onto a line");
  AffineMap back{.xx = yy / area, .xy = -xy / area, .yx = -yx / area, .yy = xx / area};
  back.x0 = -(back.xx * x0 + back.xy * y0);
  back.y0 = -(back.yx * x0 + back.yy * y0);
  return back;
}

AffineMap similarity_map(const AugmentedImage& image, double degrees, double scale, double x, double y) noexcept {
  const double centre_x = 0.5 * static_cast<double>(image.width - 1);
  const double centre_y = 0.5 * static_cast<double>(image.height - 1);
  const double angle = degrees * std::numbers::pi / 180;
  const double cosine = scale * std::cos(angle);
  const double sine = scale * std::sin(angle);
  AffineMap map{.xx = cosine, .xy = -sine, .yx = sine, .yy = cosine};
  map.x0 = centre_x - (map.xx * centre_x + map.xy * centre_y) + x;
  map.y0 = centre_y - (map.yx * centre_x + map.yy * centre_y) + y;
  return map;
}

AugmentationPlan plan_augmentation(const AugmentationSettings& settings, const AugmentedImage& image,
                                   std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id) noexcept {
  const auto draws = [&](Operation operation) { return CounterStream(seed, epoch, sample_id, operation); };
  const auto within = [&](Operation operation, double width) { return draws(operation).uniform(-width, width); };

  const bool is_in_mm = image.pixels_per_mm && settings.translate_mm > 0;
  const double reach = is_in_mm ? settings.translate_mm * *image.pixels_per_mm
                                : settings.translate_fraction * static_cast<double>(image.width);
  auto translate = draws(kTranslate);
  const double x = translate.uniform(-reach, reach);
  const double y = translate.uniform(-reach, reach);

  AugmentationPlan plan;
  plan.scale = 1 + within(kScale, settings.scale_fraction);
  plan.map = similarity_map(image, within(kRotate, settings.rotate_degrees), plan.scale, x, y);
  plan.contrast = 1 + within(kContrast, settings.contrast_fraction);
  plan.brightness = within(kBrightness, settings.brightness_fraction);
  plan.gamma = std::exp(within(kGamma, std::log1p(settings.gamma_fraction)));
  auto noise = draws(kNoise);
  plan.noise = noise.uniform(0, settings.noise_fraction);
  plan.noise_seed = noise.next_u64();
  return plan;
}

}  // namespace hpctrain::tasks
