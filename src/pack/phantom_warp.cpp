// See phantom_warp.hpp. Duchon's interpolation conditions, solved by elimination with pivots.
#include "pack/phantom_warp.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

struct Row {
  std::vector<double> coefficients;
  FilmPoint value;
};

double kernel(FilmPoint a, FilmPoint b) noexcept {
  const double x = a.x - b.x, y = a.y - b.y;
  const double squared = x * x + y * y;
  return squared * std::sqrt(squared);
}

std::vector<Row> interpolation_conditions(std::span<const FilmPoint> from, std::span<const FilmPoint> to) {
  const std::size_t n = from.size();
  std::vector<Row> rows(n + 3, {std::vector<double>(n + 3), {}});
  for (std::size_t i = 0; i < n; ++i) {
    const double affine[3] = {1, from[i].x, from[i].y};
    for (std::size_t j = 0; j < n; ++j) rows[i].coefficients[j] = kernel(from[i], from[j]);
    for (std::size_t k = 0; k < 3; ++k) rows[i].coefficients[n + k] = rows[n + k].coefficients[i] = affine[k];
    rows[i].value = to[i];
  }
  return rows;
}

void subtract(Row& row, const Row& pivot, std::size_t column) {
  const double factor = row.coefficients[column] / pivot.coefficients[column];
  for (std::size_t k = column; k < row.coefficients.size(); ++k) {
    row.coefficients[k] -= factor * pivot.coefficients[k];
  }
  row.value.x -= factor * pivot.value.x;
  row.value.y -= factor * pivot.value.y;
}

std::vector<FilmPoint> solve(std::vector<Row> rows) {
  const std::size_t n = rows.size();
  for (std::size_t column = 0; column < n; ++column) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(column);
    const auto pivot = std::max_element(first, rows.end(), [column](const Row& a, const Row& b) {
      return std::abs(a.coefficients[column]) < std::abs(b.coefficients[column]);
    });
    require_invariant(std::abs(pivot->coefficients[column]) > 1e-9, "the places of a warp decide a map");
    std::iter_swap(first, pivot);
    for (std::size_t r = 0; r < n; ++r) {
      if (r != column) subtract(rows[r], rows[column], column);
    }
  }
  std::vector<FilmPoint> solution;
  for (std::size_t i = 0; i < n; ++i) {
    const double scale = rows[i].coefficients[i];
    solution.push_back({rows[i].value.x / scale, rows[i].value.y / scale});
  }
  return solution;
}

}  // namespace

PhantomWarp::PhantomWarp(std::span<const FilmPoint> from, std::span<const FilmPoint> to)
    : from_(from.begin(), from.end()), weights_(solve(interpolation_conditions(from, to))) {}

FilmPoint PhantomWarp::operator()(FilmPoint point) const noexcept {
  FilmPoint result;
  const auto add = [&](FilmPoint weight, double factor) {
    result.x += weight.x * factor;
    result.y += weight.y * factor;
  };
  for (std::size_t i = 0; i < from_.size(); ++i) add(weights_[i], kernel(point, from_[i]));
  add(weights_[from_.size()], 1);
  add(weights_[from_.size() + 1], point.x);
  add(weights_[from_.size() + 2], point.y);
  return result;
}

}  // namespace hpctrain::pack
