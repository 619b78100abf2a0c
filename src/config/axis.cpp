// Splits comma lists and checks the values of an axis. Must not know how trials are made of axes.
#include "config/axis.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hpctrain::config {
namespace {

constexpr std::array<std::pair<std::string_view, AxisRange::Kind>, 3> kRangeKinds = {
    {{"log(", AxisRange::Kind::log}, {"uniform(", AxisRange::Kind::uniform}, {"int(", AxisRange::Kind::integer}}};

double range_end(std::string_view text, bool is_whole, const std::string& where) {
  const auto refuse = [&](const Complaint& complaint) {
    throw Error(Fault::usage, where + "has the end '" + std::string(text) + "', which " + complaint.text +
                                  "; write log(LOW, HIGH), uniform(LOW, HIGH) or int(LOW, HIGH)");
  };
  if (is_whole) {
    const auto parsed = parse_integer(text);
    if (const auto* complaint = std::get_if<Complaint>(&parsed)) refuse(*complaint);
    return static_cast<double>(std::get<std::int64_t>(parsed));
  }
  const auto parsed = parse_number(text);
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) refuse(*complaint);
  return std::get<double>(parsed);
}

AxisRange parse_range(std::string_view text, const std::string& where) {
  AxisRange range;
  for (const auto& [opening, kind] : kRangeKinds) {
    if (!text.starts_with(opening)) continue;
    range.kind = kind;
    text = text.substr(opening.size(), text.size() - opening.size() - 1);
    break;
  }
  const auto ends = split_outside_parentheses(text, ",");
  require(ends.size() == 2, Fault::usage, where + "is a range without two ends; write log(LOW, HIGH), for example");
  const bool is_whole = range.kind == AxisRange::Kind::integer;
  range.low = range_end(trim(ends[0]), is_whole, where);
  range.high = range_end(trim(ends[1]), is_whole, where);
  require(range.low < range.high, Fault::usage, where + "is an empty range; the first end must be the smaller one");
  require(range.kind != AxisRange::Kind::log || range.low > 0, Fault::usage,
          where + "is logarithmic and starts at or below 0; give a positive first end, or take uniform()");
  return range;
}

void require_sweepable(const Option& option, const std::string& where) {
  require(option.is_sweepable(), Fault::usage,
          where + "holds a comma, and a comma makes a sweep axis; " + option.name() +
              " cannot be swept, give it one value");
}

Axis make_range_axis(const Assignment& assignment, const std::string& where) {
  Axis axis{assignment.option, {}, assignment.origin, parse_range(trim(assignment.text), where)};
  for (const double end : {axis.range->low, axis.range->high}) {
    axis.values.push_back(assignment.option->canonical(format_number(end), assignment.origin));
  }
  return axis;
}

}  // namespace

std::vector<std::string> split_axis(std::string_view text) {
  std::vector<std::string> values;
  for (const std::string_view piece : split_outside_parentheses(text, ",")) values.emplace_back(trim(piece));
  return values;
}

bool is_axis_range(std::string_view text) {
  const std::string_view trimmed = trim(text);
  return trimmed.ends_with(")") && std::any_of(kRangeKinds.begin(), kRangeKinds.end(),
                                               [&](const auto& kind) { return trimmed.starts_with(kind.first); });
}

bool is_axis(std::string_view text) {
  return split_outside_parentheses(text, ",").size() > 1;
}

Axis make_axis(const Assignment& assignment) {
  const Option& option = *assignment.option;
  const std::string where = assignment.origin + ": '" + assignment.text + "' ";
  require_sweepable(option, where);
  if (is_axis_range(assignment.text)) return make_range_axis(assignment, where);
  Axis axis{&option, {}, assignment.origin, {}};
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
