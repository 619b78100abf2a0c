// Checks all sources and lets the strongest win. Must not know any option by name.
#include "config/resolve.hpp"

#include <map>
#include <optional>
#include <utility>

namespace hpctrain::config {
namespace {

struct Winner {
  std::string text;
  std::string origin;
  std::optional<Axis> axis;  ///< empty: a single value
};

using Winners = std::map<const Option*, Winner>;

[[noreturn]] void refuse_axis(const OptionTable& table, const Assignment& assignment) {
  throw Error(Fault::usage, assignment.origin + ": '" + assignment.text +
                                "' holds a comma, and a comma makes a sweep axis; start it with `" + table.program() +
                                " sweep`, or give " + assignment.option->name() +
                                " one value (lists are separated by spaces)");
}

Winner checked(const OptionTable& table, const Assignment& assignment, AxisPolicy policy) {
  // A row of the command line alone is never part of a sweep: its commas are plain text.
  const bool has_range = assignment.option->is_sweepable() && is_axis_range(assignment.text);
  if (!assignment.option->is_flag_only() && (is_axis(assignment.text) || has_range)) {
    if (policy == AxisPolicy::refuse) refuse_axis(table, assignment);
    Axis axis = make_axis(assignment);
    const std::string first = axis.values.front();
    return {first, assignment.origin, std::move(axis)};
  }
  assignment.option->canonical(assignment.text, assignment.origin);
  return {assignment.text, assignment.origin, {}};
}

}  // namespace

std::string Resolution::origin_of(std::string_view name) const {
  const auto origin = origins.find(std::string(name));
  return origin == origins.end() ? "default" : origin->second;
}

Resolution resolve(const OptionTable& table, const Sources& sources, AxisPolicy policy) {
  Winners winners;
  const auto take = [&](const std::vector<Assignment>& assignments) {
    for (const Assignment& assignment : assignments) winners[assignment.option] = checked(table, assignment, policy);
  };
  // Weakest first: whoever comes later overwrites.
  for (const auto& file : sources.files) take(file);
  take(sources.environment);
  take(sources.flags);

  Resolution resolution;
  for (const Option& option : table.rows()) {
    const auto found = winners.find(&option);
    if (found == winners.end()) continue;
    const Winner& winner = found->second;
    option.assign(winner.text, winner.origin);
    resolution.origins[option.name()] = winner.origin;
    if (winner.axis) resolution.axes.push_back(*winner.axis);
  }
  return resolution;
}

}  // namespace hpctrain::config
