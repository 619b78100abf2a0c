// See phantom_doctors.hpp.
#include "pack/phantom_doctors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pack/phantom_head.hpp"
#include "pack/phantom_random.hpp"

namespace hpctrain::pack {
namespace {

/// Of one doctor and coordinate, in mm, standard deviation. Points of curved contours are marked less surely than tips.
constexpr CephalometricPoints kErrors{{{0.6, 0.6},
                                       {0.8, 1.1},
                                       {1.4, 0.9},
                                       {1.4, 1.3},
                                       {0.8, 1.5},
                                       {0.8, 1.5},
                                       {0.6, 1.4},
                                       {1.3, 0.6},
                                       {0.8, 0.8},
                                       {1.4, 1.7},
                                       {0.7, 0.7},
                                       {0.6, 0.6},
                                       {0.7, 1.1},
                                       {0.8, 1.1},
                                       {1.0, 0.9},
                                       {0.8, 1.6},
                                       {1.4, 0.8},
                                       {1.4, 0.8},
                                       {0.9, 1.3}}};
constexpr std::size_t kSoftPogonion = 15;
constexpr FilmPoint kSoftPogonionApart{-2.1, 6.1};  // the senior's mark from the junior's, mm, along the chin
constexpr std::size_t kLabels = 8;

double pixel_of(double millimetres, std::uint64_t end) {
  return std::clamp(std::floor(millimetres / kPhantomMillimetres + 0.5), 0.0, static_cast<double>(end - 1));
}

CephalometricPoints mark(const CephalometricPoints& landmarks, double side, CounterStream& stream) {
  CephalometricPoints marks = landmarks;
  marks[kSoftPogonion].x += side * kSoftPogonionApart.x / 2;
  marks[kSoftPogonion].y += side * kSoftPogonionApart.y / 2;
  for (std::size_t l = 0; l < marks.size(); ++l) {
    marks[l].x = pixel_of(marks[l].x + kErrors[l].x * draw_bell(stream), kPhantomWidth);
    marks[l].y = pixel_of(marks[l].y + kErrors[l].y * draw_bell(stream), kPhantomHeight);
  }
  return marks;
}

}  // namespace

DoctorsMarks draw_doctors_marks(const CephalometricPoints& landmarks, std::uint64_t seed, std::uint64_t film) {
  CounterStream stream = phantom_stream(seed, film, PhantomDraw::doctors);
  DoctorsMarks marks;
  marks.junior = mark(landmarks, -1, stream);
  marks.senior = mark(landmarks, 1, stream);
  return marks;
}

std::string annotation_text(const CephalometricPoints& marks) {
  std::string text;
  for (const FilmPoint& mark : marks) text += fmt::format("{:.0f},{:.0f}\n", mark.x, mark.y);
  for (std::size_t i = 0; i < kLabels; ++i) text += "1\n";
  return text;
}

}  // namespace hpctrain::pack
