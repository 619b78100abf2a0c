// A raster of X-ray attenuation: soft-edged areas and lines add to what lies there already, as tissue does in a beam.
// Knows no anatomy.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pack/film_point.hpp"

namespace hpctrain::pack {

/// A smooth curve through all points; where a point is given twice in a row it has a corner. `closed` joins the ends.
///   cost  about two points per mm
std::vector<FilmPoint> make_curve(std::span<const FilmPoint> points, bool closed);

class PhantomCanvas {
 public:
  /// Cells of `cell_mm`; the first one's corner lies half a film pixel before the film's origin.
  PhantomCanvas(std::uint64_t width, std::uint64_t height, double cell_mm, double origin_mm);

  /// Adds `amount` inside the outline (even-odd, mm); the edge falls off over about twice `softness_mm`.
  void fill(std::span<const FilmPoint> outline, double amount, double softness_mm);
  /// Adds up to `amount` along the line, over about `width_mm`; crossings of a line with itself do not add.
  void stroke(std::span<const FilmPoint> line, double width_mm, double amount);

  std::uint64_t width() const noexcept { return width_; }
  std::uint64_t height() const noexcept { return height_; }
  std::span<float> row(std::uint64_t y) noexcept { return {cells_.data() + y * width_, width_}; }

 private:
  struct Box {
    std::int64_t left = 0, top = 0, right = 0, bottom = 0;  // right and bottom excluded
  };
  FilmPoint to_cells(FilmPoint point) const noexcept;
  /// Cells that the points touch, `margin` more on each side, within the canvas.
  Box box_of(std::span<const FilmPoint> points, double margin) const noexcept;
  void cover(std::span<const FilmPoint> outline, const Box& box);
  void cover_scan_line(std::vector<double>& crossings, const Box& box, std::int64_t y);
  void blur(const Box& box, std::int64_t radius);
  void touch_segment(FilmPoint a, FilmPoint b, double radius, const Box& box);
  void add_mask(const Box& box, double amount);

  std::uint64_t width_;
  std::uint64_t height_;
  double cells_per_mm_;
  double origin_mm_;
  std::vector<float> cells_;
  std::vector<float> mask_;     // of the shape being drawn, [box height, box width]
  std::vector<float> scratch_;  // of blur
};

}  // namespace hpctrain::pack
