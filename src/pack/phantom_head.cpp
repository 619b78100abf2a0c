// See phantom_head.hpp.
#include "pack/phantom_head.hpp"

#include <algorithm>

#include "pack/phantom_random.hpp"

namespace hpctrain::pack {
namespace {

constexpr FilmPoint kPivot{78, 112};  // of turning and growing: where the head is held
constexpr FilmPoint kCondyle{68, 128};
constexpr double kJawDescends = 0.15;  // of the way forward
constexpr double kJitterMillimetres = 0.4;

/// Teeth and lips follow the jaw in part: they meet those of the other jaw.
constexpr std::array<JawShare, kCephalometricLandmarks> kJawShares{{{},
                                                                    {},
                                                                    {},
                                                                    {},
                                                                    {},
                                                                    {1, 1},
                                                                    {1, 1},
                                                                    {1, 1},
                                                                    {1, 1},
                                                                    {0.45, 1},
                                                                    {0.55, 0.35},
                                                                    {},
                                                                    {},
                                                                    {0.65, 0.7},
                                                                    {},
                                                                    {1, 1},
                                                                    {},
                                                                    {},
                                                                    {}}};

FilmPoint turned(FilmPoint point, FilmPoint pivot, double radians) noexcept {
  // cos and sin by the half angle's tangent (cubic, good to 1e-4 of a small angle): plain arithmetic, the same on every
  // machine.
  const double half = radians / 2;
  const double tangent = half + half * half * half / 3;
  const double cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
  const double sine = 2 * tangent / (1 + tangent * tangent);
  const double x = point.x - pivot.x, y = point.y - pivot.y;
  return {pivot.x + cosine * x - sine * y, pivot.y + sine * x + cosine * y};
}

HeadFactors draw_factors(CounterStream& stream) {
  HeadFactors factors;
  factors.shift.x = 4.6 * draw_bell(stream);
  factors.shift.y = 5.0 * draw_bell(stream);
  factors.turn = 0.066 * draw_bell(stream);
  factors.growth = 0.045 * draw_bell(stream);
  factors.face_height = 0.035 * draw_bell(stream);
  factors.jaw_forward = 3.4 * draw_bell(stream);
  factors.jaw_opening = 0.037 * draw_bell(stream);
  return factors;
}

}  // namespace

FilmPoint PhantomHead::place(FilmPoint mean, JawShare share) const noexcept {
  FilmPoint point = mean;
  point.y += std::max(0.0, mean.y - kMeanLandmarks[1].y) * factors.face_height;
  point.x += share.forward * factors.jaw_forward;
  point.y += share.forward * factors.jaw_forward * kJawDescends;
  point = turned(point, kCondyle, share.opening * factors.jaw_opening);
  point = turned(point, kPivot, factors.turn);
  return {kPivot.x + (1 + factors.growth) * (point.x - kPivot.x) + factors.shift.x,
          kPivot.y + (1 + factors.growth) * (point.y - kPivot.y) + factors.shift.y};
}

PhantomHead draw_head(std::uint64_t seed, std::uint64_t film) {
  CounterStream stream = phantom_stream(seed, film, PhantomDraw::head);
  PhantomHead head;
  head.factors = draw_factors(stream);
  for (std::size_t l = 0; l < head.landmarks.size(); ++l) {
    head.landmarks[l] = head.place(kMeanLandmarks[l], kJawShares[l]);
    head.landmarks[l].x += kJitterMillimetres * draw_bell(stream);
    head.landmarks[l].y += kJitterMillimetres * draw_bell(stream);
  }
  return head;
}

}  // namespace hpctrain::pack
