// Charts as SVG inside an HTML figure: curves, and shares stacked over time. Knows numbers and names, not what they
// mean.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/chart_axis.hpp"

namespace hpctrain::tools {

/// Colours of html_page.cpp: 0 blue, 1 aqua, 2 yellow, 3 green, 4 violet, 5 red, 6 magenta, 7 orange, 8 grey.
inline constexpr int kColours = 8;  ///< that tell series apart; grey stands for the rest
inline constexpr int kGrey = 8;

struct ChartPoint {
  double x = 0;
  double y = 0;
};

struct ChartSeries {
  std::string name{};
  std::vector<ChartPoint> points{};
  int colour = 0;
  bool is_pale = false;   ///< a background to the others, thin
  bool has_dots = false;  ///< each point can be pointed at
  bool is_in_key = true;
};

struct LineChart {
  std::string title{};
  std::string x_name{};
  std::vector<ChartSeries> series{};
  ValueFormat format = ValueFormat::plain;
  bool is_logarithmic = false;  ///< where all values are above 0
  bool starts_at_zero = false;
};

/// Empty where no series has a finite point.
std::string draw_line_chart(const LineChart& chart);

struct StackedChart {
  std::string title{};
  std::string x_name{};
  std::vector<double> edges{};  ///< of the columns: one more than there are columns
  struct Layer {
    std::string name{};
    int colour = 0;
    std::vector<double> shares{};  ///< of each column, 0 … 1
  };
  std::vector<Layer> layers{};  ///< from the bottom
};

/// Empty where there is no column.
std::string draw_stacked_chart(const StackedChart& chart);

/// At most `most` points: means of neighbours. What is not finite is left out.
std::vector<ChartPoint> thin_out(std::span<const ChartPoint> points, std::size_t most);

/// Exponential mean over about `window` points, for a curve through noise.
std::vector<ChartPoint> smooth(std::span<const ChartPoint> points, double window);

}  // namespace hpctrain::tools
