// Places on paper and round numbers beside them; charts of nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tools/chart_axis.hpp"
#include "tools/parallel_chart.hpp"
#include "tools/svg_chart.hpp"

namespace hpctrain::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ChartAxis, EndsAreRoundAndHoldAllValues) {
  const ChartAxis axis(0.13, 4.2, AxisScale::round, 0, 100);
  EXPECT_THAT(axis.ticks(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_DOUBLE_EQ(axis.place(0), 0);
  EXPECT_DOUBLE_EQ(axis.place(2.5), 50);
  EXPECT_DOUBLE_EQ(axis.place(5), 100);
}

TEST(ChartAxis, ExactEndsAreTheValuesThemselves) {
  const ChartAxis axis(7, 93, AxisScale::exact, 0, 86);
  EXPECT_DOUBLE_EQ(axis.place(7), 0);
  EXPECT_DOUBLE_EQ(axis.place(93), 86);
  EXPECT_THAT(axis.ticks(), ElementsAre(20, 40, 60, 80));
}

TEST(ChartAxis, EqualValuesStillHaveARange) {
  const ChartAxis axis(3, 3, AxisScale::round, 0, 100);
  EXPECT_GT(axis.place(3), 0);
  EXPECT_LT(axis.place(3), 100);
  const ChartAxis zero(0, 0, AxisScale::exact, 0, 100);
  EXPECT_DOUBLE_EQ(zero.place(0), 0);
}

TEST(ChartAxis, PowersOfTenAreEquallyFarApart) {
  const ChartAxis axis(0.001, 10, AxisScale::logarithmic, 0, 80);
  EXPECT_TRUE(axis.is_logarithmic());
  EXPECT_NEAR(axis.place(0.1), 40, 1e-9);
  EXPECT_FALSE(ChartAxis(-1, 10, AxisScale::logarithmic, 0, 80).is_logarithmic());
}

TEST(ChartAxis, BytesHaveStepsOfPowersOfTwo) {
  EXPECT_DOUBLE_EQ(binary_step(150.0 * (1 << 20), 5), 32 << 20);
  const ChartAxis axis(0, 150.0 * (1 << 20), AxisScale::binary, 0, 1);
  EXPECT_EQ(format_tick(axis.ticks()[1], ValueFormat::bytes), "32.0 MiB");
}

TEST(LineChart, SharesThatAreAllOneStayBelowIt) {
  const std::string svg = draw_line_chart(
      {.title = "top1", .series = {{.name = "test", .points = {{0, 1}, {1, 1}}}}, .format = ValueFormat::percent});
  EXPECT_THAT(svg, HasSubstr(">100 %<"));
  EXPECT_THAT(svg, Not(HasSubstr(">102 %<")));
  EXPECT_THAT(svg, Not(HasSubstr(">110 %<")));
}

TEST(ChartAxis, StepsAreOneTwoOrFive) {
  EXPECT_DOUBLE_EQ(round_step(1, 5), 0.2);
  EXPECT_DOUBLE_EQ(round_step(230, 5), 50);
  EXPECT_DOUBLE_EQ(round_step(4500, 5), 1000);
}

TEST(ChartAxis, TicksCarryTheirUnit) {
  EXPECT_EQ(format_tick(0.25, ValueFormat::percent), "25 %");
  EXPECT_EQ(format_tick(1.5 * (1 << 30), ValueFormat::bytes), "1.5 GiB");
  EXPECT_EQ(format_tick(1.25, ValueFormat::millimetres), "1.25 mm");
  EXPECT_EQ(format_tick(25000, ValueFormat::plain), "25k");
}

TEST(LineChart, ThinningKeepsMeansAndDropsWhatIsNoNumber) {
  const std::vector<ChartPoint> points = {{0, 1}, {1, std::nan("")}, {2, 3}, {3, 5}, {4, 7}};
  const auto thin = thin_out(points, 2);
  ASSERT_EQ(thin.size(), 2u);
  EXPECT_DOUBLE_EQ(thin[0].x, 1);
  EXPECT_DOUBLE_EQ(thin[0].y, 2);
  EXPECT_DOUBLE_EQ(thin[1].y, 6);
}

TEST(LineChart, SmoothingStartsAtTheFirstValueAndFollows) {
  std::vector<ChartPoint> points;
  for (int i = 0; i < 200; ++i) points.push_back({static_cast<double>(i), i < 100 ? 4.0 : 2.0});
  const auto smoothed = smooth(points, 10);
  EXPECT_DOUBLE_EQ(smoothed.front().y, 4);
  EXPECT_NEAR(smoothed[99].y, 4, 1e-9);
  EXPECT_GT(smoothed[101].y, 3);
  EXPECT_NEAR(smoothed.back().y, 2, 1e-3);
}

TEST(LineChart, NothingToShowIsNoChart) {
  EXPECT_EQ(draw_line_chart({.title = "empty", .series = {{.name = "a", .points = {{1, std::nan("")}}}}}), "");
  EXPECT_EQ(draw_stacked_chart({.title = "empty"}), "");
  EXPECT_EQ(draw_parallel_chart({.title = "empty", .axes = {"a", "b"}}), "");
}

TEST(LineChart, NamesAreEscaped) {
  const std::string svg = draw_line_chart(
      {.title = "<t>", .x_name = "<x>", .series = {{.name = "<s>", .points = {{0, 1}, {1, 2}}, .has_dots = true}}});
  EXPECT_THAT(svg, Not(HasSubstr("<t>")));
  EXPECT_THAT(svg, Not(HasSubstr("<x>")));
  EXPECT_THAT(svg, Not(HasSubstr("<s>")));
}

TEST(ParallelChart, EveryLineCrossesEveryAxisAtItsValue) {
  const std::string svg = draw_parallel_chart({.title = "p",
                                               .axes = {"optim.lr", "model.name"},
                                               .lines = {{{"0.001", "<unet>"}, false}, {{"1", "resnet18"}, true}}});
  // Names are spread evenly, numbers over more than a factor of 20 by their powers.
  EXPECT_THAT(svg, HasSubstr("M90.0 286.0L750.0 223.0"));
  EXPECT_THAT(svg, HasSubstr("M90.0 34.0L750.0 97.0"));
  EXPECT_THAT(svg, Not(HasSubstr("<unet>")));
}

}  // namespace
}  // namespace hpctrain::tools
