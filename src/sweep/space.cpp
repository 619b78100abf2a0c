#include "sweep/space.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "config/value_text.hpp"

namespace hpctrain::sweep {
namespace {

using config::Axis;
using Kind = config::AxisRange::Kind;

constexpr std::uint32_t kRandomPoint = 0x73776570;

/// One digit of the grid's odometer: an axis of its own, or all paired ones.
struct Digit {
  std::vector<std::size_t> axes;
  std::size_t values = 0;
};

std::vector<Digit> plan_digits(const Space& space) {
  std::vector<Digit> digits;
  std::optional<std::size_t> paired_digit;
  for (std::size_t i = 0; i < space.axes.size(); ++i) {
    if (is_paired(space, space.axes[i]) && paired_digit) {
      digits[*paired_digit].axes.push_back(i);
      continue;
    }
    if (is_paired(space, space.axes[i])) paired_digit = digits.size();
    digits.push_back({{i}, space.axes[i].values.size()});
  }
  return digits;
}

Parameters point_at(const Space& space, const std::vector<std::size_t>& places) {
  Parameters parameters;
  for (std::size_t i = 0; i < space.axes.size(); ++i) {
    parameters.emplace_back(space.axes[i].name(), space.axes[i].values[places[i]]);
  }
  return parameters;
}

}  // namespace

bool is_paired(const Space& space, const Axis& axis) {
  return std::find(space.paired.begin(), space.paired.end(), axis.name()) != space.paired.end();
}

void require_sound(const Space& space) {
  require(!space.axes.empty(), Fault::usage,
          "a sweep needs an axis, and no option holds a comma list or a range; give one, e.g. --optim.lr 0.1,0.03");
  std::optional<std::size_t> length;
  for (const std::string& name : space.paired) {
    const auto axis =
        std::find_if(space.axes.begin(), space.axes.end(), [&](const Axis& a) { return a.name() == name; });
    require(axis != space.axes.end(), Fault::usage,
            "sweep.paired names " + name + ", which is no axis of this sweep; give it several values");
    require(!axis->range, Fault::usage,
            axis->origin + ": " + name + " is paired and has a range; paired axes need comma lists");
    require(!length || *length == axis->values.size(), Fault::usage,
            axis->origin + ": " + name + " has " + std::to_string(axis->values.size()) +
                " values and the axes it is paired with have " + std::to_string(length.value_or(0)) +
                "; give all the same number");
    length = axis->values.size();
  }
}

std::vector<Parameters> plan_grid(const Space& space) {
  for (const Axis& axis : space.axes) {
    require(!axis.range, Fault::usage,
            axis.origin + ": " + axis.name() +
                " has a range, and a grid needs values; give a comma list, or --sweep.method random or tpe");
  }
  const std::vector<Digit> digits = plan_digits(space);
  std::size_t count = 1;
  for (const Digit& digit : digits) count *= digit.values;
  std::vector<Parameters> points;
  for (std::size_t number = 0; number < count; ++number) {
    std::vector<std::size_t> places(space.axes.size());
    std::size_t rest = number;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      for (const std::size_t axis : digit->axes) places[axis] = rest % digit->values;
      rest /= digit->values;
    }
    points.push_back(point_at(space, places));
  }
  return points;
}

Parameters draw_random(const Space& space, std::uint64_t seed, std::uint64_t number) {
  CounterStream stream(seed, 0, number, kRandomPoint);
  std::optional<std::size_t> paired_place;
  Parameters parameters;
  for (const Axis& axis : space.axes) {
    if (axis.range) {
      parameters.emplace_back(axis.name(), value_at(axis, stream.uniform()));
      continue;
    }
    std::size_t place = paired_place.value_or(0);
    if (!is_paired(space, axis) || !paired_place) place = stream.below(axis.values.size());
    if (is_paired(space, axis)) paired_place = place;
    parameters.emplace_back(axis.name(), axis.values[place]);
  }
  return parameters;
}

std::string value_at(const Axis& axis, double place) {
  const auto& range = *axis.range;
  if (range.kind == Kind::integer) {
    const double width = range.high - range.low + 1;
    const double value = std::min(range.high, range.low + std::floor(place * width));
    return axis.option->canonical(std::to_string(static_cast<std::int64_t>(value)), axis.origin);
  }
  double value = range.low + place * (range.high - range.low);
  if (range.kind == Kind::log) value = range.low * std::pow(range.high / range.low, place);
  return axis.option->canonical(config::format_number(std::clamp(value, range.low, range.high)), axis.origin);
}

bool can_take(const Axis& axis, const std::string& value) {
  if (!axis.range) return std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end();
  if (!std::holds_alternative<double>(config::parse_number(value))) return false;
  const double place = place_of(axis, value);
  return place >= 0 && place <= 1;
}

double place_of(const Axis& axis, const std::string& value) {
  const auto& range = *axis.range;
  const double number = std::get<double>(config::parse_number(value));
  if (range.kind == Kind::integer) return (number - range.low + 0.5) / (range.high - range.low + 1);
  if (range.kind == Kind::log) return std::log(number / range.low) / std::log(range.high / range.low);
  return (number - range.low) / (range.high - range.low);
}

}  // namespace hpctrain::sweep
