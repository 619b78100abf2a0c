// A place on a film.
#pragma once

#include <array>

#include "pack/cephalometry.hpp"

namespace hpctrain::pack {

/// x to the right, y downwards, from the centre of the film's first pixel; the unit is the owner's to say.
struct FilmPoint {
  double x = 0;
  double y = 0;

  bool operator==(const FilmPoint&) const = default;
};

using CephalometricPoints = std::array<FilmPoint, kCephalometricLandmarks>;

}  // namespace hpctrain::pack
