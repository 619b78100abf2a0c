#include "tools/sweep_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/text_format.hpp"
#include "monitor/summary.hpp"
#include "tools/html_page.hpp"
#include "tools/html_text.hpp"
#include "tools/parallel_chart.hpp"
#include "tools/run_charts.hpp"
#include "tools/svg_chart.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::size_t kMostLines = 300;  // in a chart; the best come first

std::string describe_values(const SweepRecord& record, const TrialRecord& trial) {
  std::string text;
  for (const auto& axis : record.axes) text += (text.empty() ? "" : ", ") + axis + " " + trial.values.at(axis);
  return text;
}

void add_head(HtmlPage& page, const SweepRecord& record) {
  std::map<std::string, int> states;
  double seconds = 0;
  for (const TrialRecord& trial : record.trials) {
    ++states[trial.state];
    seconds += trial.seconds;
  }
  std::string lead = fmt::format("{} trials", record.trials.size());
  for (const auto& [state, count] : states) lead += fmt::format(" · {} {}", count, state);
  page.add_lead(lead);
  if (!record.trials.empty() && record.trials.front().metric) {
    const TrialRecord& best = record.trials.front();
    page.add_tile("best " + record.metric, monitor::format_metric(record.metric, *best.metric));
    for (const auto& axis : record.axes) page.add_tile(axis, best.values.at(axis));
  }
  page.add_tile("time of all trials", format_duration(seconds));
}

std::string draw_coordinates(const SweepRecord& record) {
  ParallelChart chart{.title = "Axes and " + record.metric + " of each trial, the best in orange", .axes = record.axes};
  chart.axes.push_back(record.metric);
  for (const TrialRecord& trial : record.trials) {
    if (!trial.metric || chart.lines.size() >= kMostLines) continue;
    ParallelChart::Line line;
    for (const auto& axis : record.axes) line.values.push_back(trial.values.at(axis));
    line.values.push_back(fmt::format("{:.4g}", *trial.metric));
    line.is_marked = &trial == &record.trials.front();
    chart.lines.push_back(std::move(line));
  }
  return draw_parallel_chart(chart);
}

std::string draw_curves(const SweepRecord& record) {
  LineChart chart{.title = record.metric + " after each epoch, the best trial in orange",
                  .x_name = "epochs",
                  .series = {},
                  .format = metric_format(record.metric)};
  const std::size_t shown = std::min(record.trials.size(), kMostLines);
  // The best is drawn last, above the others.
  for (std::size_t i = shown; i-- > 0;) {
    const TrialRecord& trial = record.trials[i];
    ChartSeries series{.name = describe_values(record, trial), .is_in_key = false};
    for (const auto& score : trial.scores) series.points.push_back({static_cast<double>(score.epoch), score.metric});
    series.colour = i == 0 ? 7 : 0;
    series.is_pale = i != 0;
    series.has_dots = i == 0 || series.points.size() == 1;
    chart.series.push_back(std::move(series));
  }
  return draw_line_chart(chart);
}

std::string draw_importance(const SweepRecord& record) {
  constexpr double kWidth = 560, kRow = 26, kNames = 190, kNumbers = 70;
  const auto importance = plan_importance(record);
  const std::string title = "Share of the variance of " + record.metric + " that one axis alone explains";
  std::string svg = fmt::format(
      "<figure><figcaption><b>{}</b></figcaption>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
      escape_html(title), kWidth, kRow * static_cast<double>(importance.size()) + 8, escape_html(title));
  double y = 4;
  for (const auto& [axis, share] : importance) {
    const double length = std::max(1.0, share * (kWidth - kNames - kNumbers));
    svg += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kNames - 8,
                       y + 16, escape_html(axis));
    svg += fmt::format("<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"14\" rx=\"2\"/>",
                       kNames, y + 5, length);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kNames + length + 8, y + 16, format_share(share));
    y += kRow;
  }
  return importance.empty() ? "" : svg + "</svg></figure>\n";
}

void add_replicates(HtmlPage& page, const SweepRecord& record) {
  if (record.configurations.empty()) return;
  HtmlTable table{.caption = "Trials that differ in seed or fold alone; differences pair for pair, with 95 % intervals",
                  .head = {},
                  .rows = {}};
  const auto& axes = record.configurations.front().values;
  for (const auto& [axis, value] : axes) table.head.push_back(axis);
  for (const char* name : {"replicates", "mean", "standard deviation", "the best is better by", ""}) {
    table.head.push_back(name);
  }
  for (const ConfigurationRecord& configuration : record.configurations) {
    std::vector<HtmlCell> row;
    for (const auto& [axis, value] : configuration.values) row.push_back({.text = value, .is_number = true});
    row.push_back({.text = format_count(configuration.replicates), .is_number = true});
    row.push_back(number_cell(monitor::format_metric(record.metric, configuration.mean), configuration.mean));
    const auto& deviation = configuration.standard_deviation;
    row.push_back(deviation
                      ? number_cell(monitor::format_difference(record.metric, *deviation, std::nullopt), *deviation)
                      : HtmlCell{.is_number = true});
    const auto& better = configuration.best_is_better_by;
    row.push_back(
        better ? number_cell(monitor::format_difference(record.metric, *better, configuration.half_width_95), *better)
               : HtmlCell{.is_number = true});
    row.push_back({.text = configuration.verdict});
    table.rows.push_back(std::move(row));
  }
  page.begin_section("Replicates");
  page.add_html(write_table(table));
}

void add_results(HtmlPage& page, const SweepRecord& record) {
  HtmlTable table{.head = {"trial", "state"}, .rows = {}};
  for (const auto& axis : record.axes) table.head.push_back(axis);
  for (const std::string& name : {record.metric, std::string("steps"), std::string("time"), std::string("message")}) {
    table.head.push_back(name);
  }
  for (const TrialRecord& trial : record.trials) {
    std::vector<HtmlCell> row{{.text = trial.digest.substr(0, 8), .hint = "trials/" + trial.digest},
                              {.text = trial.state}};
    for (const auto& axis : record.axes) row.push_back({.text = trial.values.at(axis), .is_number = true});
    row.push_back(trial.metric ? number_cell(monitor::format_metric(record.metric, *trial.metric), *trial.metric)
                               : HtmlCell{.text = "none", .is_number = true});
    row.push_back({.text = format_count(trial.steps), .is_number = true});
    row.push_back(number_cell(format_duration(trial.seconds), trial.seconds));
    row.push_back({.text = trial.message});
    table.rows.push_back(std::move(row));
  }
  page.begin_section("Results");
  page.add_html(write_table(table));
}

}  // namespace

std::string make_sweep_report(const SweepRecord& record) {
  HtmlPage page(record.name);
  add_head(page, record);
  page.begin_section("Trials");
  page.add_charts({draw_coordinates(record), draw_curves(record), draw_importance(record)});
  if (record.trials.size() > kMostLines) {
    page.add_paragraph(fmt::format("Charts show the best {} trials.", kMostLines));
  }
  add_replicates(page, record);
  add_results(page, record);
  return page.finish();
}

std::filesystem::path save_sweep_report(FileSystem& files, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "report.html";
  write_file_durably(files, path, make_sweep_report(load_sweep_record(files, folder)));
  return path;
}

}  // namespace hpctrain::tools
