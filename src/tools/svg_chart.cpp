#include "tools/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/html_text.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kWidth = 560, kFullWidth = 960, kHeight = 250;
constexpr double kLeft = 62, kRight = 12, kTop = 10, kBottom = 38;

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void include(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  bool is_empty() const { return least > most; }
};

std::string begin_figure(const std::string& title, const std::string& key, bool is_full) {
  return fmt::format(
      "<figure{}><figcaption><b>{}</b>{}</figcaption>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">\n",
      is_full ? " class=\"full\"" : "", escape_html(title), key, is_full ? kFullWidth : kWidth, kHeight,
      escape_html(title));
}

std::string key_entry(const std::string& name, int colour) {
  return fmt::format("<li><i class=\"f{}\"></i>{}</li>", colour, escape_html(name));
}

std::string wrap_key(const std::string& entries) {
  return entries.empty() ? "" : "<ul class=\"key\">" + entries + "</ul>";
}

/// Grid lines, ticks and the name of the x axis.
std::string draw_frame(const ChartAxis& x, const ChartAxis& y, ValueFormat format, const std::string& x_name,
                       double width) {
  std::string svg;
  for (const double tick : y.ticks()) {
    const double at = y.place(tick);
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", kLeft, at, width - kRight);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 6, at + 4,
                       escape_html(format_tick(tick, format)));
  }
  svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", kLeft, kHeight - kBottom, width - kRight);
  for (const double tick : x.ticks()) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", x.place(tick),
                       kHeight - kBottom + 16, escape_html(format_tick(tick, ValueFormat::plain)));
  }
  svg += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", width - kRight,
                     kHeight - 4, escape_html(x_name));
  return svg;
}

AxisScale choose_scale(const LineChart& chart) {
  if (chart.is_logarithmic) return AxisScale::logarithmic;
  return chart.format == ValueFormat::bytes ? AxisScale::binary : AxisScale::round;
}

std::string draw_series(const ChartSeries& series, const ChartAxis& x, const ChartAxis& y, ValueFormat format) {
  std::string path, dots;
  for (const ChartPoint& point : series.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.place(point.x), y.place(point.y));
    if (!series.has_dots) continue;
    dots +=
        fmt::format("<circle class=\"dot f{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"><title>{} {}: {}</title></circle>",
                    series.colour, x.place(point.x), y.place(point.y), escape_html(series.name),
                    escape_html(format_tick(point.x, ValueFormat::plain)), escape_html(format_tick(point.y, format)));
  }
  if (path.empty()) return "";
  return fmt::format("<path class=\"line s{}{}\" d=\"{}\"><title>{}</title></path>{}\n", series.colour,
                     series.is_pale ? " pale" : "", path, escape_html(series.name), dots);
}

}  // namespace

std::vector<ChartPoint> thin_out(std::span<const ChartPoint> points, std::size_t most) {
  std::vector<ChartPoint> finite;
  for (const ChartPoint& point : points) {
    if (std::isfinite(point.x) && std::isfinite(point.y)) finite.push_back(point);
  }
  if (finite.size() <= most) return finite;
  std::vector<ChartPoint> thin;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t begin = i * finite.size() / most, end = (i + 1) * finite.size() / most;
    ChartPoint sum;
    for (std::size_t at = begin; at < end; ++at) sum = {sum.x + finite[at].x, sum.y + finite[at].y};
    thin.push_back({sum.x / static_cast<double>(end - begin), sum.y / static_cast<double>(end - begin)});
  }
  return thin;
}

std::vector<ChartPoint> smooth(std::span<const ChartPoint> points, double window) {
  std::vector<ChartPoint> smoothed;
  double mean = 0, weight = 0;
  const double keep = 1 - 1 / std::max(window, 1.0);
  for (const ChartPoint& point : points) {
    if (!std::isfinite(point.y)) continue;
    // Weights add up to less than one at first: without the division the curve would start at 0.
    mean = keep * mean + (1 - keep) * point.y;
    weight = keep * weight + (1 - keep);
    smoothed.push_back({point.x, mean / weight});
  }
  return smoothed;
}

std::string draw_line_chart(const LineChart& chart) {
  Range xs, ys;
  std::string key;
  LineChart finite = chart;
  for (ChartSeries& series : finite.series) {
    std::erase_if(series.points, [](const auto& p) { return !std::isfinite(p.x) || !std::isfinite(p.y); });
    for (const ChartPoint& point : series.points) {
      xs.include(point.x);
      ys.include(point.y);
    }
    if (series.is_in_key && !series.points.empty()) key += key_entry(series.name, series.colour);
  }
  if (xs.is_empty()) return "";
  if (chart.starts_at_zero) ys.include(0);
  // Room on the inner side: there is nothing above 100 %.
  if (chart.format == ValueFormat::percent && ys.least == ys.most) ys.include(ys.most + (ys.most > 0.5 ? -0.1 : 0.1));
  const ChartAxis x(xs.least, xs.most, AxisScale::exact, kLeft, kWidth - kRight);
  const ChartAxis y(ys.least, ys.most, choose_scale(chart), kHeight - kBottom, kTop);
  std::string svg =
      begin_figure(chart.title, wrap_key(key), false) + draw_frame(x, y, chart.format, chart.x_name, kWidth);
  for (const ChartSeries& series : finite.series) svg += draw_series(series, x, y, chart.format);
  return svg + "</svg></figure>\n";
}

std::string draw_stacked_chart(const StackedChart& chart) {
  if (chart.edges.size() < 2) return "";
  const ChartAxis x(chart.edges.front(), chart.edges.back(), AxisScale::exact, kLeft, kFullWidth - kRight);
  const ChartAxis y(0, 1, AxisScale::round, kHeight - kBottom, kTop);
  const std::size_t columns = chart.edges.size() - 1;
  std::vector<double> bottom(columns, 0);
  std::string areas, key;
  for (const StackedChart::Layer& layer : chart.layers) {
    std::string there, back;
    for (std::size_t i = 0; i < columns; ++i) {
      const double top = bottom[i] + layer.shares[i];
      const double left = x.place(chart.edges[i]), right = x.place(chart.edges[i + 1]);
      there += fmt::format("{}{:.1f} {:.2f}H{:.1f}", i == 0 ? "M" : "L", left, y.place(top), right);
      back = fmt::format("L{:.1f} {:.2f}H{:.1f}", right, y.place(bottom[i]), left) + back;
      bottom[i] = top;
    }
    areas += fmt::format("<path class=\"area f{}\" d=\"{}{}Z\"><title>{}</title></path>\n", layer.colour, there, back,
                         escape_html(layer.name));
    key += key_entry(layer.name, layer.colour);
  }
  return begin_figure(chart.title, wrap_key(key), true) +
         draw_frame(x, y, ValueFormat::percent, chart.x_name, kFullWidth) + areas + "</svg></figure>\n";
}

}  // namespace hpctrain::tools
