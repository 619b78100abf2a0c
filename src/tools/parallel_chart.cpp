#include "tools/parallel_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "tools/chart_axis.hpp"
#include "tools/html_text.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kWidth = 840, kHeight = 300, kTop = 34, kBottom = 14, kSide = 90;
constexpr double kMostForStraight = 20;  // greatest over least

std::optional<double> as_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
}

/// Where each value of one axis lies, and what is written beside it.
struct Column {
  std::map<std::string, double> places;
  std::vector<std::pair<double, std::string>> labels;
};

Column scale_numbers(const std::set<std::string>& values) {
  double least = *as_number(*values.begin()), most = least;
  for (const auto& value : values) {
    least = std::min(least, *as_number(value));
    most = std::max(most, *as_number(value));
  }
  const bool is_wide = least > 0 && most / least > kMostForStraight;
  const ChartAxis axis(least, most, is_wide ? AxisScale::logarithmic : AxisScale::exact, kHeight - kBottom, kTop);
  Column column;
  for (const auto& value : values) column.places[value] = axis.place(*as_number(value));
  constexpr std::size_t kMostLabels = 6;
  if (values.size() <= kMostLabels) {
    for (const auto& [value, place] : column.places) column.labels.emplace_back(place, value);
  } else {
    for (const double tick : axis.ticks()) {
      column.labels.emplace_back(axis.place(tick), format_tick(tick, ValueFormat::plain));
    }
  }
  return column;
}

Column spread_names(const std::set<std::string>& values) {
  Column column;
  std::size_t i = 0;
  for (const auto& value : values) {
    const double part = (static_cast<double>(i++) + 0.5) / static_cast<double>(values.size());
    column.places[value] = kHeight - kBottom - part * (kHeight - kBottom - kTop);
    column.labels.emplace_back(column.places[value], value);
  }
  return column;
}

Column make_column(const ParallelChart& chart, std::size_t axis) {
  std::set<std::string> values;
  for (const auto& line : chart.lines) values.insert(line.values[axis]);
  const bool are_numbers =
      std::all_of(values.begin(), values.end(), [](const auto& value) { return as_number(value).has_value(); });
  return are_numbers ? scale_numbers(values) : spread_names(values);
}

double column_x(const ParallelChart& chart, std::size_t axis) {
  return kSide + (kWidth - 2 * kSide) * static_cast<double>(axis) / static_cast<double>(chart.axes.size() - 1);
}

std::string draw_line(const ParallelChart& chart, const ParallelChart::Line& line, const std::vector<Column>& columns) {
  std::string path, hint;
  for (std::size_t axis = 0; axis < columns.size(); ++axis) {
    const double y = columns[axis].places.at(line.values[axis]);
    path += fmt::format("{}{:.1f} {:.1f}", axis == 0 ? "M" : "L", column_x(chart, axis), y);
    hint += fmt::format("{}{} {}", axis == 0 ? "" : ", ", chart.axes[axis], line.values[axis]);
  }
  return fmt::format("<path class=\"line {}\" d=\"{}\"><title>{}</title></path>\n", line.is_marked ? "s7" : "s0 pale",
                     path, escape_html(hint));
}

std::string draw_column(const ParallelChart& chart, const Column& column, std::size_t axis) {
  const double x = column_x(chart, axis);
  const bool is_last = axis + 1 == chart.axes.size();
  std::string svg = fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", x, kTop, kHeight - kBottom);
  svg += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", x, kTop - 16,
                     escape_html(chart.axes[axis]));
  for (const auto& [y, label] : column.labels) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", is_last ? x + 7 : x - 7, y + 4,
                       is_last ? "start" : "end", escape_html(label));
  }
  return svg + "\n";
}

}  // namespace

std::string draw_parallel_chart(const ParallelChart& chart) {
  if (chart.axes.size() < 2 || chart.lines.empty()) return "";
  std::vector<Column> columns;
  for (std::size_t axis = 0; axis < chart.axes.size(); ++axis) columns.push_back(make_column(chart, axis));
  std::string svg = fmt::format(
      "<figure class=\"full\"><figcaption><b>{}</b></figcaption>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">\n",
      escape_html(chart.title), kWidth, kHeight, escape_html(chart.title));
  for (const bool marked : {false, true}) {
    for (const auto& line : chart.lines) {
      if (line.is_marked == marked) svg += draw_line(chart, line, columns);
    }
  }
  for (std::size_t axis = 0; axis < columns.size(); ++axis) svg += draw_column(chart, columns[axis], axis);
  return svg + "</svg></figure>\n";
}

}  // namespace hpctrain::tools
