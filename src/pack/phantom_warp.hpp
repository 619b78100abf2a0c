// A smooth map of the plane that carries given places exactly to given others: from the mean head to one head.
#pragma once

#include <span>
#include <vector>

#include "pack/film_point.hpp"

namespace hpctrain::pack {

/// Polyharmonic spline of kernel r³ with an affine part: plain arithmetic and square roots.
class PhantomWarp {
 public:
  /// At least three places that lie not on one line, no two of them equal.
  ///   cost    cubic in their number
  ///   errors  Fault::bug where the places do not decide a map
  PhantomWarp(std::span<const FilmPoint> from, std::span<const FilmPoint> to);

  FilmPoint operator()(FilmPoint point) const noexcept;

 private:
  std::vector<FilmPoint> from_;
  std::vector<FilmPoint> weights_;  // one per place, then those of 1, x, y
};

}  // namespace hpctrain::pack
