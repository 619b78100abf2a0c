#include "tools/overlay.hpp"

#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pack/resample.hpp"

namespace hpctrain::tools {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kTruth{60, 230, 90};
constexpr Colour kPrediction{255, 70, 60};
constexpr Colour kLine{255, 210, 60};
constexpr Colour kText{255, 255, 255};
constexpr std::int64_t kArm = 6;  // pixels from a cross's middle to its ends

/// A picture in colour that takes strokes; what lies outside is left out.
class Canvas {
 public:
  explicit Canvas(const pack::Image& picture) : image_{picture.size, 3, {}} {
    image_.pixels.reserve(picture.size.width * picture.size.height * 3);
    for (std::size_t i = 0; i < picture.pixels.size(); i += picture.channels) {
      for (std::size_t c = 0; c < 3; ++c) image_.pixels.push_back(picture.pixels[i + c % picture.channels]);
    }
  }

  void set(std::int64_t x, std::int64_t y, const Colour& colour) {
    const auto width = static_cast<std::int64_t>(image_.size.width);
    if (x < 0 || y < 0 || x >= width || y >= static_cast<std::int64_t>(image_.size.height)) return;
    for (std::size_t c = 0; c < 3; ++c) {
      image_.pixels[static_cast<std::size_t>((y * width + x) * 3) + c] = static_cast<std::byte>(colour[c]);
    }
  }

  void draw_line(const OverlayPoint& from, const OverlayPoint& to, const Colour& colour) {
    const double length = std::max(std::abs(to.x - from.x), std::abs(to.y - from.y));
    // Points far outside come from wild predictions; nothing of such a line would be seen.
    const auto steps = static_cast<std::int64_t>(std::min(length, 4 * kOverlaySide)) + 1;
    for (std::int64_t i = 0; i <= steps; ++i) {
      const double t = static_cast<double>(i) / static_cast<double>(steps);
      set(std::lround(from.x + t * (to.x - from.x)), std::lround(from.y + t * (to.y - from.y)), colour);
    }
  }

  void draw_cross(const OverlayPoint& middle, const Colour& colour, bool is_diagonal) {
    const auto x = std::lround(middle.x), y = std::lround(middle.y);
    for (std::int64_t i = -kArm; i <= kArm; ++i) {
      set(x + i, is_diagonal ? y + i : y, colour);
      set(is_diagonal ? x - i : x, y + i, colour);
    }
  }

  /// stb's font comes as filled rectangles of whole pixels; it knows printable ASCII and looks outside its table for
  /// anything else.
  void draw_text(std::int64_t left, std::int64_t top, std::string text, const Colour& colour) {
    for (char& c : text) {
      if (c < ' ' || c > '~') c = '?';
    }
    struct Corner {
      float x, y, z;
      std::array<std::uint8_t, 4> colour;
    };
    std::vector<Corner> corners(text.size() * 4 * 16 + 4);
    const int quads = stb_easy_font_print(0, 0, text.data(), nullptr, corners.data(),
                                          static_cast<int>(corners.size() * sizeof(Corner)));
    for (std::size_t q = 0; q < static_cast<std::size_t>(quads); ++q) {
      const Corner &first = corners[4 * q], &last = corners[4 * q + 2];
      for (auto y = std::lround(first.y); y < std::lround(last.y); ++y) {
        for (auto x = std::lround(first.x); x < std::lround(last.x); ++x) set(left + x, top + y, colour);
      }
    }
  }

  pack::Image take() { return std::move(image_); }

 private:
  pack::Image image_;
};

pack::ImageSize shown_size(const pack::ImageSize& size, double zoom) {
  const auto scaled = [&](std::uint64_t side) {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::lround(static_cast<double>(side) * zoom)));
  };
  return {scaled(size.width), scaled(size.height)};
}

}  // namespace

pack::Image draw_overlay(const pack::Image& picture, std::span<const OverlayMark> marks, const std::string& caption,
                         double longer_side) {
  const double zoom = longer_side / static_cast<double>(std::max(picture.size.width, picture.size.height));
  const auto size = shown_size(picture.size, zoom);
  const auto placing = pack::plan_padded(picture.size, size);
  Canvas canvas(pack::resample(picture, size, placing));
  const auto shown = [&](const OverlayPoint& point) -> OverlayPoint {
    return {point.x * placing.scale + placing.offset_x, point.y * placing.scale + placing.offset_y};
  };
  for (const OverlayMark& mark : marks) {
    const auto prediction = shown(mark.prediction);
    if (!std::isfinite(prediction.x) || !std::isfinite(prediction.y)) continue;
    if (mark.truth) {
      canvas.draw_line(shown(*mark.truth), prediction, kLine);
      canvas.draw_cross(shown(*mark.truth), kTruth, /*is_diagonal=*/false);
    }
    canvas.draw_cross(prediction, kPrediction, /*is_diagonal=*/true);
    canvas.draw_text(std::lround(prediction.x) + kArm + 2, std::lround(prediction.y) - 3, mark.label, kText);
  }
  canvas.draw_text(6, 6, caption, kText);
  if (!marks.empty()) canvas.draw_text(6, 18, "prediction", kPrediction);
  const bool has_truth =
      std::any_of(marks.begin(), marks.end(), [](const auto& mark) { return mark.truth.has_value(); });
  if (has_truth) canvas.draw_text(80, 18, "truth", kTruth);
  return canvas.take();
}

}  // namespace hpctrain::tools
