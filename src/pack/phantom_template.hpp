// The mean head as a list of outlines and lines in mm. Data only.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "pack/film_point.hpp"
#include "pack/phantom_anatomy.hpp"
#include "pack/phantom_head.hpp"

namespace hpctrain::pack {

/// Which bone a place follows. Lips lie between both.
enum class Follows { skull, jaw, both };

struct TemplatePoint {
  double x = 0;
  double y = 0;
  Follows follows = Follows::skull;
};

struct TemplateShape {
  std::string_view name;
  Tissue tissue;
  Drawing drawing;
  bool is_closed;
  double amount;
  double breadth_mm;
  std::span<const TemplatePoint> points;
};

/// Points that follow one bone or both.
constexpr TemplatePoint skull(double x, double y) {
  return {x, y, Follows::skull};
}
constexpr TemplatePoint jaw(double x, double y) {
  return {x, y, Follows::jaw};
}
constexpr TemplatePoint between(double x, double y) {
  return {x, y, Follows::both};
}
/// Landmark L1 … L19.
constexpr TemplatePoint mark(std::size_t number, Follows follows = Follows::skull) {
  return {kMeanLandmarks[number - 1].x, kMeanLandmarks[number - 1].y, follows};
}

/// In the mean head every landmark but the first, the middle of the sella, is a point of at least one shape.
std::span<const TemplateShape> head_shapes();
std::span<const TemplateShape> face_shapes();

}  // namespace hpctrain::pack
