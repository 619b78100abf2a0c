// Landmarks drawn into a picture: truth green, prediction red, a line between them, the distance in words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "pack/image.hpp"

namespace hpctrain::tools {

struct OverlayPoint {
  double x = 0;
  double y = 0;
};

struct OverlayMark {
  OverlayPoint prediction;
  std::optional<OverlayPoint> truth{};
  std::string label;  ///< beside the prediction; printable ASCII
};

inline constexpr double kOverlaySide = 1000;  ///< pixels
/// Of small pictures without marks: a caption still fits.
inline constexpr double kPictureSide = 360;

/// The picture in colour, brought to that longer side, with marks and a caption on top.
///   shapes  marks in pixels of `picture`, centres at integers
pack::Image draw_overlay(const pack::Image& picture, std::span<const OverlayMark> marks, const std::string& caption,
                         double longer_side = kOverlaySide);

}  // namespace hpctrain::tools
