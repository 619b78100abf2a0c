// Splits comma lists and checks the values of an axis. Must not know how trials are made of axes.
#include "config/axis.hpp"

#include <algorithm>

namespace hpctrain::config {

std::vector<std::string> split_axis(std::string_view text) {
  std::vector<std::string> values;
  for (const std::string_view piece : split_outside_parentheses(text, ",")) values.emplace_back(trim(piece));
  return values;
}

bool is_axis(std::string_view text) {
  return split_outside_parentheses(text, ",").size() > 1;
}

Axis make_axis(const Assignment& assignment) {
  const Option& option = *assignment.option;
  const std::string where = assignment.origin + ": '" + assignment.text + "' ";
  require(option.is_sweepable(), Fault::usage,
          where + "holds a comma, and a comma makes a sweep axis; " + option.name() +
              " cannot be swept, give it one value");
  Axis axis{&option, {}, assignment.origin};
  for (const std::string& text : split_axis(assignment.text)) {
    require(!text.empty(), Fault::usage, where + "has nothing between two commas or at an end; remove the extra comma");
    std::string value = option.canonical(text, assignment.origin);
    require(std::find(axis.values.begin(), axis.values.end(), value) == axis.values.end(), Fault::usage,
            where + "names the value " + value + " twice; each value of " + option.name() + " is tried once");
    axis.values.push_back(std::move(value));
  }
  return axis;
}

}  // namespace hpctrain::config
