#include "tasks/augmentation_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/philox.hpp"
#include "tasks/augmentation_draws.hpp"
#include "tasks/window_plan.hpp"

namespace hpctrain::tasks {
namespace {

/// Draws the parameters of one image, group by group.
class PlanDraw {
 public:
  PlanDraw(const AugmentationSettings& settings, const AugmentedImage& image, std::uint64_t seed, std::uint64_t epoch,
           std::uint64_t sample_id, std::uint32_t view)
      : settings_(settings), image_(image), seed_(seed), epoch_(epoch), sample_id_(sample_id), view_(view) {}

  AugmentationPlan run() {
    draw_move();
    draw_window();
    draw_elastic();
    draw_affine();
    draw_intensities();
    draw_colours();
    draw_cutout();
    return std::move(plan_);
  }

 private:
  CounterStream draws(Draw draw) const { return CounterStream(seed_, epoch_, sample_id_, draw_of_view(draw, view_)); }
  double within(Draw draw, double width) const { return draws(draw).uniform(-width, width); }
  bool happens(Draw draw, double chance) const { return chance > 0 && draws(draw).chance(chance); }

  void draw_move() {
    auto flip = draws(kFlip);
    plan_.move.is_flipped = flip.chance(settings_.flip_chance);
    auto crop = draws(kCrop);
    if (!crop.chance(settings_.crop_chance)) return;
    const auto pad = static_cast<std::int64_t>(settings_.crop_pad);
    const auto places = static_cast<std::uint64_t>(2 * pad + 1);
    plan_.move.x = static_cast<std::int64_t>(crop.below(places)) - pad;
    plan_.move.y = static_cast<std::int64_t>(crop.below(places)) - pad;
    plan_.move.edge = settings_.crop_edge;
  }

  void draw_window() {
    const data::ImageSize size{static_cast<std::uint32_t>(image_.height), static_cast<std::uint32_t>(image_.width)};
    if (settings_.window_chance > 0) {
      plan_.window = plan_random_window(settings_, size, seed_, epoch_, sample_id_, view_);
    }
    if (!plan_.window) return;
    const auto& window = plan_.window->size;
    plan_.scale *=
        std::sqrt(static_cast<double>(size.height) * size.width / (static_cast<double>(window.height) * window.width));
  }

  void draw_elastic() {
    auto elastic = draws(kElastic);
    if (settings_.elastic_chance == 0 || !elastic.chance(settings_.elastic_chance)) return;
    // Uniform numbers of the wanted deviation: a tail would fold the image.
    const double reach =
        std::sqrt(3.0) * settings_.elastic_sigma * static_cast<double>(std::min(image_.height, image_.width));
    plan_.elastic.grid = static_cast<std::int64_t>(settings_.elastic_grid);
    for (std::int64_t i = 0; i < 2 * plan_.elastic.grid * plan_.elastic.grid; ++i) {
      plan_.elastic.pixels.push_back(static_cast<float>(elastic.uniform(-reach, reach)));
    }
  }

  void draw_affine() {
    if (!happens(kAffineChance, settings_.affine_chance)) return;
    const bool is_in_mm = image_.pixels_per_mm && settings_.translate_mm > 0;
    const double reach = is_in_mm ? settings_.translate_mm * *image_.pixels_per_mm
                                  : settings_.translate_fraction * static_cast<double>(image_.width);
    auto translate = draws(kTranslate);
    const double x = translate.uniform(-reach, reach);
    const double y = translate.uniform(-reach, reach);
    const double scale = 1 + within(kScale, settings_.scale_fraction);
    plan_.scale *= scale;
    plan_.map = similarity_map(image_, within(kRotate, settings_.rotate_degrees), scale, x, y);
  }

  void draw_intensities() {
    if (happens(kGammaChance, settings_.gamma_chance)) {
      plan_.gamma = std::exp(within(kGamma, std::log1p(settings_.gamma_fraction)));
    }
    if (!happens(kNoiseChance, settings_.noise_chance)) return;
    auto noise = draws(kNoise);
    plan_.noise = noise.uniform(0, settings_.noise_fraction);
    plan_.noise_seed = noise.next_u64();
  }

  void draw_colours() {
    if (happens(kJitterChance, settings_.jitter_chance)) {
      plan_.contrast = 1 + within(kContrast, settings_.contrast_fraction);
      plan_.brightness = within(kBrightness, settings_.brightness_fraction);
      plan_.saturation = 1 + within(kSaturation, settings_.saturation_fraction);
      plan_.hue = within(kHue, settings_.hue_fraction);
    }
    plan_.is_grey = happens(kGrey, settings_.grey_chance);
    auto blur = draws(kBlur);
    if (blur.chance(settings_.blur_chance)) {
      plan_.blur_sigma = blur.uniform(settings_.blur_sigma.low, settings_.blur_sigma.high);
    }
  }

  void draw_cutout() {
    auto cutout = draws(kCutout);
    if (!cutout.chance(settings_.cutout_chance)) return;
    plan_.cutout.size = static_cast<std::int64_t>(settings_.cutout_size);
    const auto place = [&](std::int64_t extent) {
      return static_cast<std::int64_t>(cutout.below(static_cast<std::uint64_t>(extent))) - plan_.cutout.size / 2;
    };
    plan_.cutout.top = place(image_.height);
    plan_.cutout.left = place(image_.width);
  }

  const AugmentationSettings& settings_;
  const AugmentedImage& image_;
  std::uint64_t seed_, epoch_, sample_id_;
  std::uint32_t view_;
  AugmentationPlan plan_;
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
                                   std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id,
                                   std::uint32_t view) {
  return PlanDraw(settings, image, seed, epoch, sample_id, view).run();
}

}  // namespace hpctrain::tasks
