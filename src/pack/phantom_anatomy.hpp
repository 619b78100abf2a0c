// What is in a phantom head and where: areas and lines of the mean head, carried to one head so that each landmark's
// structure lies exactly at the landmark. Knows nothing of rasters.
#pragma once

#include <string_view>
#include <vector>

#include "pack/film_point.hpp"
#include "pack/phantom_head.hpp"

namespace hpctrain::pack {

enum class Tissue { soft, bone, tooth, cavity };
enum class Drawing { area, line };

/// One area or line, in mm of the film.
struct AnatomyShape {
  std::string_view name;
  Tissue tissue = Tissue::bone;
  Drawing drawing = Drawing::area;
  double amount = 0;              ///< of attenuation; less than 0 for air
  double breadth_mm = 0;          ///< of an area's soft edge, or of a line
  std::vector<FilmPoint> points;  ///< of the smooth outline or line
};

std::vector<AnatomyShape> make_anatomy(const PhantomHead& head);

}  // namespace hpctrain::pack
