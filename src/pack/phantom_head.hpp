// How phantom heads differ from one another: a few factors of the whole head and of the jaw, and a little of each
// landmark's own. Knows nothing of drawing.
#pragma once

#include <cstdint>

#include "pack/film_point.hpp"

namespace hpctrain::pack {

/// Size of every phantom film.
inline constexpr std::uint64_t kPhantomWidth = 1935;   ///< pixels
inline constexpr std::uint64_t kPhantomHeight = 2400;  ///< pixels
inline constexpr double kPhantomMillimetres = 0.1;     ///< per pixel

/// Mean landmarks of the challenge's films, in mm.
inline constexpr CephalometricPoints kMeanLandmarks{{{81.4, 103.9},
                                                     {139.8, 96.9},
                                                     {129.2, 121.6},
                                                     {60.3, 121.2},
                                                     {139.3, 151.8},
                                                     {135.5, 186.2},
                                                     {134.7, 199.1},
                                                     {128.7, 204.7},
                                                     {132.8, 203.0},
                                                     {73.0, 173.5},
                                                     {142.5, 169.7},
                                                     {144.4, 170.9},
                                                     {155.9, 160.7},
                                                     {152.9, 182.2},
                                                     {150.4, 149.5},
                                                     {144.8, 200.7},
                                                     {98.3, 143.3},
                                                     {141.1, 144.8},
                                                     {67.7, 132.8}}};

/// The mean head is the one whose factors are all 0.
struct HeadFactors {
  FilmPoint shift;         ///< of the whole head, mm
  double turn = 0;         ///< of the whole head, radians, clockwise
  double growth = 0;       ///< 0.1: a tenth larger
  double face_height = 0;  ///< 0.1: below the nasion a tenth longer
  double jaw_forward = 0;  ///< of the mandible, mm
  double jaw_opening = 0;  ///< of the mandible about its condyle, radians
};

/// How far a place follows the mandible: 0 not at all, 1 like its bone.
struct JawShare {
  double forward = 0;
  double opening = 0;
};

struct PhantomHead {
  HeadFactors factors;
  CephalometricPoints landmarks;  ///< mm

  /// Where a place of the mean head (mm) lies in this one, a landmark's own variation apart.
  FilmPoint place(FilmPoint mean, JawShare share = {}) const noexcept;
};

/// The head on a film: over many films the landmarks' means are kMeanLandmarks, their standard deviations 4 to 10 mm
/// per coordinate, largest at the chin.
PhantomHead draw_head(std::uint64_t seed, std::uint64_t film);

}  // namespace hpctrain::pack
