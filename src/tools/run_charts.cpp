#include "tools/run_charts.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "monitor/summary.hpp"
#include "tools/svg_chart.hpp"

namespace hpctrain::tools {
namespace {

using monitor::Phase;
using monitor::PhaseSeconds;

constexpr std::size_t kMostPoints = 500;
constexpr std::size_t kMostColumns = 120;

/// From the bottom of the stack: what is useful, then what is not.
struct PhaseColour {
  Phase phase;
  int colour;
};
constexpr std::array kStack = {
    PhaseColour{Phase::forward, 0},   PhaseColour{Phase::backward, 4},      PhaseColour{Phase::make_batch, 1},
    PhaseColour{Phase::optimizer, 3}, PhaseColour{Phase::evaluation, 6},    PhaseColour{Phase::checkpoint, 2},
    PhaseColour{Phase::other, 8},     PhaseColour{Phase::communication, 7}, PhaseColour{Phase::data_wait, 5}};

double as_x(std::uint64_t step) {
  return static_cast<double>(step);
}

std::vector<ChartPoint> points_of_steps(const RunRecord& record, double (*value)(const StepRecord&)) {
  std::vector<ChartPoint> points;
  for (const StepRecord& step : record.steps) points.push_back({as_x(step.step), value(step)});
  return points;
}

/// Curves over steps, by metric and split.
std::map<std::string, std::map<std::string, std::vector<ChartPoint>>> curves_of_evaluations(const RunRecord& record) {
  std::map<std::string, std::map<std::string, std::vector<ChartPoint>>> curves;
  const auto found = record.events.find("eval");
  if (found == record.events.end()) return curves;
  for (const EventRecord& event : found->second) {
    if (!event.line.contains("metrics") || !event.line.at("metrics").is_object()) continue;
    for (const auto& [metric, value] : event.line.at("metrics").items()) {
      if (!value.is_number()) continue;
      curves[metric][event.line.value("split", "")].push_back({as_x(event.step), value.get<double>()});
    }
  }
  return curves;
}

std::vector<ChartSeries> series_of_splits(const std::map<std::string, std::vector<ChartPoint>>& splits, int colour) {
  std::vector<ChartSeries> series;
  for (const auto& [split, points] : splits) {
    series.push_back({.name = split, .points = points, .colour = colour++ % kColours, .has_dots = points.size() <= 60});
  }
  return series;
}

std::string draw_losses(const RunRecord& record, const std::map<std::string, std::vector<ChartPoint>>& splits) {
  const auto steps = points_of_steps(record, [](const StepRecord& s) { return s.loss.value_or(std::nan("")); });
  LineChart chart{.title = "Loss", .x_name = "step", .series = {}};
  constexpr double kWindowsInCurve = 200;
  const double window = static_cast<double>(steps.size()) / kWindowsInCurve;
  chart.series.push_back(
      {.name = "each step", .points = thin_out(steps, kMostPoints), .is_pale = true, .is_in_key = false});
  chart.series.push_back({.name = "training", .points = thin_out(smooth(steps, window), kMostPoints)});
  for (auto& series : series_of_splits(splits, 1)) chart.series.push_back(std::move(series));
  double least = 1, most = 1;
  for (const auto& point : chart.series[1].points) {
    least = &point == &chart.series[1].points.front() ? point.y : std::min(least, point.y);
    most = std::max(most, point.y);
  }
  // Over more than two powers of ten a straight axis shows nothing but the beginning.
  chart.is_logarithmic = least > 0 && most / least > 100;
  return draw_line_chart(chart);
}

std::string draw_phases(const RunRecord& record) {
  const std::size_t count = record.steps.size();
  const std::size_t columns = std::min(count, kMostColumns);
  StackedChart chart{.title = "Share of the time of rank 0", .x_name = "step", .edges = {}, .layers = {}};
  for (const auto& [phase, colour] : kStack) {
    chart.layers.push_back({std::string(monitor::phase_words(phase)), colour, {}});
  }
  for (std::size_t column = 0; column < columns; ++column) {
    const std::size_t begin = column * count / columns, end = (column + 1) * count / columns;
    PhaseSeconds sum;
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t p = 0; p < monitor::kPhaseCount; ++p) sum.seconds[p] += record.steps[i].phases.seconds[p];
    }
    sum[Phase::start] = 0;
    if (chart.edges.empty()) chart.edges.push_back(as_x(record.steps[begin].step) - 1);
    chart.edges.push_back(as_x(record.steps[end - 1].step));
    for (std::size_t layer = 0; layer < kStack.size(); ++layer) {
      chart.layers[layer].shares.push_back(sum.share(kStack[layer].phase));
    }
  }
  std::erase_if(chart.layers, [](const auto& layer) {
    return std::all_of(layer.shares.begin(), layer.shares.end(), [](double share) { return share < 0.001; });
  });
  return draw_stacked_chart(chart);
}

std::string draw_memory(const RunRecord& record) {
  ChartSeries series{.name = "largest rank", .has_dots = true, .is_in_key = false};
  const auto found = record.events.find("epoch");
  if (found == record.events.end()) return "";
  for (const EventRecord& event : found->second) {
    const auto bytes = event.line.find("resident_bytes");
    if (bytes == event.line.end() || !bytes->is_number()) continue;
    series.points.push_back({as_x(event.step), bytes->get<double>()});
  }
  series.has_dots = series.points.size() <= 60;
  return draw_line_chart({.title = "Memory of the process with most, at the end of each epoch",
                          .x_name = "step",
                          .series = {series},
                          .format = ValueFormat::bytes,
                          .starts_at_zero = true});
}

std::string draw_single(const std::string& title, std::vector<ChartPoint> points, bool starts_at_zero) {
  return draw_line_chart({.title = title,
                          .x_name = "step",
                          .series = {{.name = title, .points = thin_out(points, kMostPoints), .is_in_key = false}},
                          .starts_at_zero = starts_at_zero});
}

}  // namespace

ValueFormat metric_format(const std::string& metric) {
  if (metric.ends_with("_mm")) return ValueFormat::millimetres;
  return monitor::is_fraction(metric) ? ValueFormat::percent : ValueFormat::plain;
}

std::vector<std::string> draw_learning(const RunRecord& record) {
  auto curves = curves_of_evaluations(record);
  std::vector<std::string> charts{draw_losses(record, curves["loss"])};
  curves.erase("loss");
  for (const auto& [metric, splits] : curves) {
    charts.push_back(draw_line_chart(
        {.title = metric, .x_name = "step", .series = series_of_splits(splits, 1), .format = metric_format(metric)}));
  }
  charts.push_back(
      draw_single("Learning rate", points_of_steps(record, [](const StepRecord& s) { return s.lr; }), true));
  return charts;
}

std::vector<std::string> draw_resources(const RunRecord& record) {
  const auto rates = points_of_steps(record, [](const StepRecord& s) { return s.samples_per_second; });
  return {draw_phases(record), draw_single("Samples per second", rates, true), draw_memory(record)};
}

}  // namespace hpctrain::tools
