// Numbers of every kind of draw of an augmentation.
#pragma once

#include <cstdint>

namespace hpctrain::tasks {

/// Part of a run's identity: never renumber.
enum Draw : std::uint32_t {
  kRotate = 0x4100,
  kScale = 0x4101,
  kTranslate = 0x4102,
  kContrast = 0x4103,
  kBrightness = 0x4104,
  kGamma = 0x4105,
  kNoise = 0x4106,
  kCrop = 0x4107,
  kFlip = 0x4108,
  kWindow = 0x4109,
  kElastic = 0x410A,
  kSaturation = 0x410B,
  kHue = 0x410C,
  kGrey = 0x410D,
  kBlur = 0x410E,
  kCutout = 0x410F,
  kAffineChance = 0x4110,
  kJitterChance = 0x4111,
  kGammaChance = 0x4112,
  kNoiseChance = 0x4113,
  kMixup = 0x4120,
};

/// The number of a draw for one of several views of a sample. View 0 draws what an only view does.
constexpr std::uint32_t draw_of_view(Draw draw, std::uint32_t view) noexcept {
  return draw | view << 16;
}

}  // namespace hpctrain::tasks
