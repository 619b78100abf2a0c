// The mean head as a list of outlines and lines in mm. Data only.
#pragma once

#include <span>
#include <string_view>

#include "pack/film_point.hpp"
#include "pack/phantom_anatomy.hpp"

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

/// In the mean head every landmark is a point of at least one shape.
std::span<const TemplateShape> mean_head_shapes();

}  // namespace hpctrain::pack
