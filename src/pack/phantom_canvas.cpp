// See phantom_canvas.hpp. Areas: four scan lines per cell row with exact coverage along the line, then two box blurs.
#include "pack/phantom_canvas.hpp"

#include <algorithm>
#include <cmath>

namespace hpctrain::pack {
namespace {

constexpr std::int64_t kScanLines = 4;  // per cell row
constexpr double kCurveStep = 0.6;      // mm

/// Catmull and Rom's spline from b to c.
FilmPoint on_spline(FilmPoint a, FilmPoint b, FilmPoint c, FilmPoint d, double t) noexcept {
  const auto mix = [t](double p, double q, double r, double s) {
    return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  };
  return {mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)};
}

double distance(FilmPoint a, FilmPoint b) noexcept {
  return std::sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

/// Sums over windows of 2·radius + 1 elements that lie `stride` apart, divided by the window.
void blur_line(const float* in, float* out, std::int64_t count, std::int64_t stride, std::int64_t radius) {
  const float weight = 1.0f / static_cast<float>(2 * radius + 1);
  float sum = 0;
  for (std::int64_t i = 0; i < std::min(radius, count); ++i) sum += in[i * stride];
  for (std::int64_t i = 0; i < count; ++i) {
    if (i + radius < count) sum += in[(i + radius) * stride];
    out[i * stride] = sum * weight;
    if (i - radius >= 0) sum -= in[(i - radius) * stride];
  }
}

}  // namespace

std::vector<FilmPoint> make_curve(std::span<const FilmPoint> points, bool closed) {
  const std::size_t n = points.size();
  const auto at = [&](std::size_t i) { return closed ? points[i % n] : points[std::min(i, n - 1)]; };
  std::vector<FilmPoint> curve;
  for (std::size_t i = 0; i + (closed ? 0 : 1) < n; ++i) {
    const FilmPoint b = at(i), c = at(i + 1);
    const FilmPoint a = i > 0 ? at(i - 1) : closed ? at(n - 1) : b;
    const FilmPoint d = at(i + 2);
    const auto steps = static_cast<int>(std::clamp(std::ceil(distance(b, c) / kCurveStep), 0.0, 64.0));
    for (int s = 0; s < steps; ++s) curve.push_back(on_spline(a, b, c, d, static_cast<double>(s) / steps));
  }
  if (!closed) curve.push_back(points.back());
  return curve;
}

PhantomCanvas::PhantomCanvas(std::uint64_t width, std::uint64_t height, double cell_mm, double origin_mm)
    : width_(width), height_(height), cells_per_mm_(1 / cell_mm), origin_mm_(origin_mm), cells_(width * height) {}

FilmPoint PhantomCanvas::to_cells(FilmPoint point) const noexcept {
  return {(point.x - origin_mm_) * cells_per_mm_, (point.y - origin_mm_) * cells_per_mm_};
}

PhantomCanvas::Box PhantomCanvas::box_of(std::span<const FilmPoint> points, double margin) const noexcept {
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
  for (const FilmPoint& point : points) {
    const FilmPoint cell = to_cells(point);
    left = std::min(left, cell.x), right = std::max(right, cell.x);
    top = std::min(top, cell.y), bottom = std::max(bottom, cell.y);
  }
  const auto within = [](double value, std::uint64_t end) {
    return static_cast<std::int64_t>(std::clamp(value, 0.0, static_cast<double>(end)));
  };
  return {within(left - margin, width_), within(top - margin, height_), within(right + margin + 1, width_),
          within(bottom + margin + 1, height_)};
}

void PhantomCanvas::fill(std::span<const FilmPoint> outline, double amount, double softness_mm) {
  const std::int64_t radius = std::lround(softness_mm * cells_per_mm_);
  // Margins beyond the film would be blurred away at its borders, where tissue goes on: they stay within.
  const Box box = box_of(outline, static_cast<double>(2 * radius + 1));
  if (box.left >= box.right || box.top >= box.bottom) return;
  cover(outline, box);
  for (int pass = 0; pass < 2 && radius > 0; ++pass) blur(box, radius);
  add_mask(box, amount);
}

void PhantomCanvas::cover(std::span<const FilmPoint> outline, const Box& box) {
  mask_.assign(static_cast<std::size_t>((box.right - box.left) * (box.bottom - box.top)), 0);
  std::vector<std::vector<double>> crossings(static_cast<std::size_t>((box.bottom - box.top) * kScanLines));
  for (std::size_t i = 0; i < outline.size(); ++i) {
    FilmPoint a = to_cells(outline[i]), b = to_cells(outline[(i + 1) % outline.size()]);
    if (a.y > b.y) std::swap(a, b);
    const auto line_of = [&](double y) {
      return std::clamp<double>(std::ceil((y - static_cast<double>(box.top)) * kScanLines - 0.5), 0,
                                static_cast<double>(crossings.size()));
    };
    for (auto line = static_cast<std::size_t>(line_of(a.y)); line < static_cast<std::size_t>(line_of(b.y)); ++line) {
      const double y = static_cast<double>(box.top) + (static_cast<double>(line) + 0.5) / kScanLines;
      crossings[line].push_back(a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y));
    }
  }
  for (std::size_t line = 0; line < crossings.size(); ++line) {
    cover_scan_line(crossings[line], box, static_cast<std::int64_t>(line) / kScanLines);
  }
}

void PhantomCanvas::cover_scan_line(std::vector<double>& crossings, const Box& box, std::int64_t y) {
  std::sort(crossings.begin(), crossings.end());
  const std::int64_t width = box.right - box.left;
  float* row = mask_.data() + y * width;
  for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
    const double begin = std::clamp(crossings[i] - static_cast<double>(box.left), 0.0, static_cast<double>(width));
    const double end = std::clamp(crossings[i + 1] - static_cast<double>(box.left), 0.0, static_cast<double>(width));
    const auto first = static_cast<std::int64_t>(begin), last = static_cast<std::int64_t>(end);
    for (std::int64_t x = first; x <= std::min(last, width - 1); ++x) {
      const double covered = std::min(end, static_cast<double>(x + 1)) - std::max(begin, static_cast<double>(x));
      row[x] += static_cast<float>(std::max(0.0, covered) / kScanLines);
    }
  }
}

void PhantomCanvas::blur(const Box& box, std::int64_t radius) {
  const std::int64_t width = box.right - box.left, height = box.bottom - box.top;
  scratch_.resize(mask_.size());
  for (std::int64_t y = 0; y < height; ++y) {
    blur_line(mask_.data() + y * width, scratch_.data() + y * width, width, 1, radius);
  }
  // All columns of a row at once: walking down single columns would miss the processor's cache at every step.
  const float weight = 1.0f / static_cast<float>(2 * radius + 1);
  std::vector<float> sums(static_cast<std::size_t>(width));
  const auto add_row = [&](std::int64_t y, float sign) {
    if (y < 0 || y >= height) return;
    for (std::int64_t x = 0; x < width; ++x)
      sums[static_cast<std::size_t>(x)] += sign * scratch_[static_cast<std::size_t>(y * width + x)];
  };
  for (std::int64_t y = 0; y < radius; ++y) add_row(y, 1);
  for (std::int64_t y = 0; y < height; ++y) {
    add_row(y + radius, 1);
    for (std::int64_t x = 0; x < width; ++x)
      mask_[static_cast<std::size_t>(y * width + x)] = sums[static_cast<std::size_t>(x)] * weight;
    add_row(y - radius, -1);
  }
}

void PhantomCanvas::stroke(std::span<const FilmPoint> line, double width_mm, double amount) {
  const double radius = width_mm * cells_per_mm_;
  const Box box = box_of(line, radius + 1);
  if (box.left >= box.right || box.top >= box.bottom) return;
  mask_.assign(static_cast<std::size_t>((box.right - box.left) * (box.bottom - box.top)), 0);
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    touch_segment(to_cells(line[i]), to_cells(line[i + 1]), radius, box);
  }
  add_mask(box, amount);
}

/// Falls off as (1 - d²)², d the distance from the segment in radii: half as high at about half the radius.
void PhantomCanvas::touch_segment(FilmPoint a, FilmPoint b, double radius, const Box& box) {
  const auto from = [](double value, std::int64_t low, std::int64_t high) {
    return std::clamp(static_cast<std::int64_t>(std::floor(value)), low, high);
  };
  const double dx = b.x - a.x, dy = b.y - a.y, squared = std::max(dx * dx + dy * dy, 1e-9);
  const std::int64_t right = from(std::max(a.x, b.x) + radius + 1, box.left, box.right);
  const std::int64_t bottom = from(std::max(a.y, b.y) + radius + 1, box.top, box.bottom);
  for (std::int64_t y = from(std::min(a.y, b.y) - radius, box.top, box.bottom); y < bottom; ++y) {
    for (std::int64_t x = from(std::min(a.x, b.x) - radius, box.left, box.right); x < right; ++x) {
      const double px = static_cast<double>(x) + 0.5 - a.x, py = static_cast<double>(y) + 0.5 - a.y;
      const double along = std::clamp((px * dx + py * dy) / squared, 0.0, 1.0);
      const double ox = px - along * dx, oy = py - along * dy;
      const double fall = 1 - (ox * ox + oy * oy) / (radius * radius);
      if (fall <= 0) continue;
      float& cell = mask_[static_cast<std::size_t>((y - box.top) * (box.right - box.left) + x - box.left)];
      cell = std::max(cell, static_cast<float>(fall * fall));
    }
  }
}

void PhantomCanvas::add_mask(const Box& box, double amount) {
  const auto width = static_cast<std::size_t>(box.right - box.left);
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    const float* from = mask_.data() + static_cast<std::size_t>(y - box.top) * width;
    const std::span<float> to = row(static_cast<std::uint64_t>(y)).subspan(static_cast<std::size_t>(box.left), width);
    for (std::size_t x = 0; x < width; ++x) to[x] += static_cast<float>(amount) * from[x];
  }
}

}  // namespace hpctrain::pack
