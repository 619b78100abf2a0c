// Parallel coordinates as SVG: one line for each object through its values on several axes. Knows numbers and names,
// not what they mean.
#pragma once

#include <string>
#include <vector>

namespace hpctrain::tools {

struct ParallelChart {
  std::string title{};
  std::vector<std::string> axes{};  ///< from left to right
  struct Line {
    std::vector<std::string> values{};  ///< one for each axis
    bool is_marked = false;             ///< drawn above the others in a colour of its own
  };
  std::vector<Line> lines{};
};

/// Axes whose values are all numbers are drawn to scale, by powers of ten where they span more than a factor of 20; the
/// others have their values at equal distances. Empty for fewer than two axes or no lines.
std::string draw_parallel_chart(const ParallelChart& chart);

}  // namespace hpctrain::tools
