// The one rule of commas: a comma outside parentheses separates the values of a sweep axis. Must not know sweeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/assignment.hpp"

namespace hpctrain::config {

/// `log(1e-4, 1e-1)`, `uniform(0, 0.5)`, `int(1, 8)`: both ends belong to it.
struct AxisRange {
  enum class Kind { log, uniform, integer };
  Kind kind = Kind::uniform;
  double low = 0;
  double high = 0;
};

/// An option with the values that a sweep tries, each already checked and in canonical form.
struct Axis {
  const Option* option = nullptr;
  std::vector<std::string> values;  ///< of a range: its two ends
  std::string origin;
  std::optional<AxisRange> range{};

  std::string name() const { return option->name(); }
};

/// Parts between commas outside parentheses, trimmed; one part when there is no comma.
std::vector<std::string> split_axis(std::string_view text);

/// True when `text` holds a comma outside parentheses.
bool is_axis(std::string_view text);

/// True for `log(…)`, `uniform(…)` and `int(…)`.
bool is_axis_range(std::string_view text);

/// The axis of a comma list or a range, every value checked against its row.
///   errors  Fault::usage for a row that is not sweepable, a missing value, a value that its row refuses, a value
///   twice, a range that is empty or whose ends are no numbers
Axis make_axis(const Assignment& assignment);

}  // namespace hpctrain::config
