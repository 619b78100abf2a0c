// The one rule of commas: a comma outside parentheses separates the values of a sweep axis. Must not know sweeps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/assignment.hpp"

namespace hpctrain::config {

/// An option with the values that a sweep tries, each already checked and in canonical form.
struct Axis {
  const Option* option = nullptr;
  std::vector<std::string> values;
  std::string origin;

  std::string name() const { return option->name(); }
};

/// Parts between commas outside parentheses, trimmed; one part when there is no comma.
std::vector<std::string> split_axis(std::string_view text);

/// True when `text` holds a comma outside parentheses.
bool is_axis(std::string_view text);

/// The axis of a comma list, every value checked against its row.
///   errors  Fault::usage for a row that is not sweepable, a missing value, a value that its row refuses, a value twice
Axis make_axis(const Assignment& assignment);

}  // namespace hpctrain::config
