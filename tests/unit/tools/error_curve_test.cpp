// Shares of points within each radius, counted by hand.
#include "tools/error_curve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "comm/thread_communicator.hpp"

namespace hpctrain::tools {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

tasks::PredictedPoint point_off_by(double px, std::optional<double> mm) {
  return {.error_px = px, .error_mm = mm};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ErrorCurve, CountsPointsWithinEachRadiusTheBoundIncluded) {
  ErrorCurve curve(3);
  // A spacing of 0.1 mm in float32 puts a point at 2 mm a little beyond.
  curve.add({.points = {point_off_by(20, 20 * static_cast<double>(0.1f)), point_off_by(3, 0.3), {}}});
  curve.add({.points = {point_off_by(150, 15), point_off_by(1, 0.1), {}}});
  const auto lines = lines_of(curve.csv({"sella", "a,b", "never"}));
  ASSERT_EQ(lines.size(), 41u);
  EXPECT_EQ(lines[0], "radius_mm,all,sella,\"a,b\",never");
  EXPECT_EQ(lines[1], "0.25,0.250000,0.000000,0.500000,");
  EXPECT_EQ(lines[2], "0.50,0.500000,0.000000,1.000000,");
  EXPECT_EQ(lines[7], "1.75,0.500000,0.000000,1.000000,");
  EXPECT_EQ(lines[8], "2.00,0.750000,0.500000,1.000000,");
  EXPECT_EQ(lines[40], "10.00,0.750000,0.500000,1.000000,");
}

TEST(ErrorCurve, IsInPixelsWhereASpacingIsNotKnown) {
  ErrorCurve curve(1);
  curve.add({.points = {point_off_by(2, 0.2)}});
  curve.add({.points = {point_off_by(4, std::nullopt)}});
  const auto text = curve.csv({"x"});
  EXPECT_THAT(text, StartsWith("radius_px,all,x\n"));
  EXPECT_THAT(text, HasSubstr("\n2.00,0.500000,"));
  EXPECT_THAT(text, HasSubstr("\n4.00,1.000000,"));
}

TEST(ErrorCurve, HasEmptyCellsWhereNothingIsAnnotated) {
  EXPECT_EQ(lines_of(ErrorCurve(1).csv({"x"}))[1], "0.25,,");
}

TEST(ErrorCurve, IsTheSameOverRanks) {
  ErrorCurve whole(2);
  std::array<ErrorCurve, 3> parts = {ErrorCurve(2), ErrorCurve(2), ErrorCurve(2)};
  for (std::size_t i = 0; i < 9; ++i) {
    const tasks::LandmarkPrediction film{
        .points = {point_off_by(static_cast<double>(i), static_cast<double>(i)), point_off_by(1, 1.5)}};
    whole.add(film);
    parts[i % 3 == 0 ? 0 : 2].add(film);
  }
  comm::run_ranks(3, [&](comm::Communicator& group) { parts[static_cast<std::size_t>(group.rank())].sum_over(group); });
  for (const auto& part : parts) EXPECT_EQ(part.csv({"a", "b"}), whole.csv({"a", "b"}));
}

}  // namespace
}  // namespace hpctrain::tools
