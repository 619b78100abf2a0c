// The canvas against areas and profiles that a formula gives, and the warp and the curves against what defines them.
#include "pack/phantom_canvas.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pack/phantom_warp.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::pack {
namespace {

/// 100 × 80 cells of 0.5 mm, the first one's corner at the origin.
PhantomCanvas make_canvas() {
  return {100, 80, 0.5, 0};
}

double sum_of(PhantomCanvas& canvas) {
  double sum = 0;
  for (std::uint64_t y = 0; y < canvas.height(); ++y) {
    for (const float cell : canvas.row(y)) sum += static_cast<double>(cell);
  }
  return sum;
}

TEST(PhantomCanvas, FillsAnAreaWithItsAmount) {
  PhantomCanvas canvas = make_canvas();
  canvas.fill(std::vector<FilmPoint>{{5, 5}, {15, 5}, {15, 11}, {5, 11}}, 2, 0);
  EXPECT_EQ(canvas.row(10)[10], 2.0f);
  EXPECT_EQ(canvas.row(21)[29], 2.0f);
  EXPECT_EQ(canvas.row(22)[29], 0.0f);
  EXPECT_EQ(canvas.row(10)[9], 0.0f);
  EXPECT_NEAR(sum_of(canvas), 2 * 20 * 12, 1e-3);
}

TEST(PhantomCanvas, CoversCellsInPart) {
  PhantomCanvas canvas = make_canvas();
  canvas.fill(std::vector<FilmPoint>{{5.125, 5}, {15, 5}, {15, 11}, {5.125, 11}}, 1, 0);
  EXPECT_NEAR(canvas.row(10)[10], 0.75, 1e-6);
}

TEST(PhantomCanvas, SoftEdgesKeepTheAreaAndHalveAtTheOutline) {
  PhantomCanvas canvas = make_canvas();
  canvas.fill(std::vector<FilmPoint>{{10, 10}, {30, 10}, {30, 30}, {10, 30}}, 1, 2);
  EXPECT_NEAR(sum_of(canvas), 40 * 40, 1e-2);
  EXPECT_NEAR((canvas.row(40)[19] + canvas.row(40)[20]) / 2, 0.5, 1e-4);
  EXPECT_NEAR(canvas.row(40)[40], 1, 1e-4);
}

TEST(PhantomCanvas, WhatLiesOutsideTheFilmIsCutOff) {
  PhantomCanvas canvas = make_canvas();
  canvas.fill(std::vector<FilmPoint>{{-20, -20}, {5, -20}, {5, 5}, {-20, 5}}, 1, 0);
  canvas.fill(std::vector<FilmPoint>{{900, 900}, {950, 900}, {950, 950}}, 1, 3);
  canvas.stroke(std::vector<FilmPoint>{{-50, -50}, {-60, 300}}, 2, 1);
  EXPECT_NEAR(sum_of(canvas), 100, 1e-3);
}

TEST(PhantomCanvas, AStrokeIsHighestOnItsLineAndHalfAtHalfItsWidth) {
  PhantomCanvas canvas = make_canvas();
  canvas.stroke(std::vector<FilmPoint>{{10, 20.25}, {40, 20.25}}, 4, 3);  // through the middle of row 40
  EXPECT_NEAR(canvas.row(40)[50], 3, 1e-5);
  const double fall = 1 - 0.25;  // four cells of 0.5 mm away: half of the width
  EXPECT_NEAR(canvas.row(44)[50], 3 * fall * fall, 1e-4);
  EXPECT_EQ(canvas.row(48)[50], 0.0f);
}

TEST(PhantomCanvas, AStrokeThatCrossesItselfDoesNotAddUp) {
  PhantomCanvas canvas = make_canvas();
  canvas.stroke(std::vector<FilmPoint>{{10, 20}, {40, 20}, {40, 10}, {25, 10}, {25, 30}}, 3, 1);
  for (std::uint64_t y = 0; y < 80; ++y) {
    for (const float cell : canvas.row(y)) ASSERT_LE(cell, 1.0f);
  }
}

TEST(PhantomCurve, PassesThroughItsPointsAndTurnsSharplyAtDoubledOnes) {
  const std::vector<FilmPoint> points{{0, 0}, {10, 4}, {10, 4}, {20, 0}};
  const std::vector<FilmPoint> curve = make_curve(points, false);
  for (const FilmPoint& point : points) EXPECT_NE(std::find(curve.begin(), curve.end(), point), curve.end());
  for (const FilmPoint& point : curve) EXPECT_LE(point.y, 4 + 1e-9);
  EXPECT_EQ(curve.back(), points.back());
}

TEST(PhantomCurve, AClosedCurveComesBack) {
  const std::vector<FilmPoint> curve = make_curve(std::vector<FilmPoint>{{0, 0}, {9, 0}, {9, 9}, {0, 9}}, true);
  EXPECT_GT(curve.size(), 4u * 9);
  EXPECT_LT(curve.back().y, 1);
  EXPECT_LT(std::abs(curve.back().x), 1);
}

const std::vector<FilmPoint> kFrom{{0, 0}, {10, 1}, {3, 12}, {8, 7}, {20, 15}};

TEST(PhantomWarp, CarriesItsPlacesExactly) {
  const std::vector<FilmPoint> to{{1, 0}, {12, 1}, {3, 10}, {8, 9}, {22, 14}};
  const PhantomWarp warp(kFrom, to);
  for (std::size_t i = 0; i < kFrom.size(); ++i) {
    EXPECT_NEAR(warp(kFrom[i]).x, to[i].x, 1e-8);
    EXPECT_NEAR(warp(kFrom[i]).y, to[i].y, 1e-8);
  }
}

TEST(PhantomWarp, AnAffineMapStaysItselfEverywhere) {
  const auto affine = [](FilmPoint p) { return FilmPoint{3 + 1.1 * p.x - 0.2 * p.y, -1 + 0.3 * p.x + 0.9 * p.y}; };
  std::vector<FilmPoint> to;
  for (const FilmPoint& point : kFrom) to.push_back(affine(point));
  const PhantomWarp warp(kFrom, to);
  for (const FilmPoint& point : {FilmPoint{-50, 80}, FilmPoint{5, 5}, FilmPoint{100, -30}}) {
    EXPECT_NEAR(warp(point).x, affine(point).x, 1e-6);
    EXPECT_NEAR(warp(point).y, affine(point).y, 1e-6);
  }
}

TEST(PhantomWarp, PlacesThatDecideNothingAreABug) {
  const std::vector<FilmPoint> line{{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  data::test::expect_error(Fault::bug, {"decide a map"}, [&] { PhantomWarp warp(line, line); });
}

}  // namespace
}  // namespace hpctrain::pack
