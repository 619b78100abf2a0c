// Two warps carry the template: one fixed to the skull, one to the mandible, so that a jaw that opens stays as stiff as
// bone. Each passes through its landmarks; elsewhere it follows the head's factors.
#include "pack/phantom_anatomy.hpp"

#include <array>

#include "pack/phantom_canvas.hpp"
#include "pack/phantom_template.hpp"
#include "pack/phantom_warp.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::array<std::size_t, 11> kSkullLandmarks{1, 2, 3, 4, 5, 12, 13, 15, 17, 18, 19};
constexpr std::array<std::size_t, 9> kJawLandmarks{6, 7, 8, 9, 10, 11, 14, 16, 19};
constexpr std::array<FilmPoint, 8> kSkullAnchors{
    {{16, 100}, {49, 22}, {96, 15}, {136, 49}, {30, 240}, {96, 250}, {170, 136}, {50, 190}}};
constexpr std::array<FilmPoint, 4> kJawAnchors{{{69, 123}, {87.5, 133.5}, {97, 166}, {121, 216}}};

template <std::size_t Landmarks, std::size_t Anchors>
PhantomWarp make_warp(const PhantomHead& head, const std::array<std::size_t, Landmarks>& landmarks,
                      const std::array<FilmPoint, Anchors>& anchors, JawShare share) {
  std::vector<FilmPoint> from, to;
  for (const std::size_t number : landmarks) {
    from.push_back(kMeanLandmarks[number - 1]);
    to.push_back(head.landmarks[number - 1]);
  }
  for (const FilmPoint& anchor : anchors) {
    from.push_back(anchor);
    to.push_back(head.place(anchor, share));
  }
  return {from, to};
}

}  // namespace

std::vector<AnatomyShape> make_anatomy(const PhantomHead& head) {
  const PhantomWarp skull = make_warp(head, kSkullLandmarks, kSkullAnchors, {});
  const PhantomWarp jaw = make_warp(head, kJawLandmarks, kJawAnchors, {1, 1});
  const auto carry = [&](const TemplatePoint& point) -> FilmPoint {
    const FilmPoint mean{point.x, point.y};
    if (point.follows == Follows::skull) return skull(mean);
    if (point.follows == Follows::jaw) return jaw(mean);
    const FilmPoint a = skull(mean), b = jaw(mean);
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
  };
  std::vector<AnatomyShape> shapes;
  for (const std::span<const TemplateShape> part : {head_shapes(), face_shapes()}) {
    for (const TemplateShape& shape : part) {
      std::vector<FilmPoint> points;
      for (const TemplatePoint& point : shape.points) points.push_back(carry(point));
      shapes.push_back({shape.name, shape.tissue, shape.drawing, shape.amount, shape.breadth_mm,
                        make_curve(points, shape.is_closed)});
    }
  }
  return shapes;
}

}  // namespace hpctrain::pack
