#include "sweep/replicates_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "config/value_text.hpp"
#include "monitor/summary.hpp"
#include "sweep/csv.hpp"

namespace hpctrain::sweep {
namespace {

using nlohmann::ordered_json;

std::string name_of(const Configuration& configuration) {
  return configuration.parameters.empty() ? "every trial" : describe_parameters(configuration.parameters);
}

/// "5 seeds", "4 folds", "20 replicates" of both.
std::string count_replicates(const ReplicateReport& report, std::size_t count) {
  std::set<std::string> axes;
  for (const auto& [drawn, metric] : report.configurations.front().metrics) {
    for (const auto& [option, value] : drawn) axes.insert(option);
  }
  std::string kind = "replicate";
  if (axes.size() == 1) kind = *axes.begin() == "train.seed" ? "seed" : "fold";
  return fmt::format("{} {}{}", count, kind, count == 1 ? "" : "s");
}

std::string describe_mean(const ReplicateReport& report, const std::string& metric) {
  const Configuration& best = report.configurations.front();
  std::string text =
      fmt::format("{}: {} {} on average", name_of(best), metric, monitor::format_metric(metric, best.spread.mean));
  if (best.spread.standard_deviation) {
    text += fmt::format(", standard deviation {}",
                        monitor::format_difference(metric, *best.spread.standard_deviation, std::nullopt));
  }
  return text + " (" + count_replicates(report, best.spread.count) + ")";
}

std::string describe_comparison(const ReplicateReport& report, std::size_t place, const std::string& metric) {
  const Comparison& comparison = report.comparisons[place];
  const std::string best = name_of(report.configurations.front());
  const std::string other = name_of(report.configurations[place + 1]);
  const std::string common = count_replicates(report, comparison.advantage.count);
  if (comparison.advantage.count == 0) return fmt::format("{} and {} have none in common", best, other);
  const double mean = comparison.advantage.mean;
  if (!comparison.is_told_apart()) {
    return fmt::format("{} and {} are not told apart: {} ({})", best, other,
                       monitor::format_difference(metric, mean, comparison.half_width), common);
  }
  return fmt::format("{} beats {} by {} ({})", mean > 0 ? best : other, mean > 0 ? other : best,
                     monitor::format_difference(metric, std::abs(mean), comparison.half_width), common);
}

std::string verdict_of(const Comparison& comparison) {
  if (!comparison.is_told_apart()) return "not told apart";
  return comparison.advantage.mean > 0 ? "beaten" : "better";
}

std::string number_or_none(const std::optional<double>& value) {
  return value ? config::format_number(*value) : std::string();
}

ordered_json json_or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

}  // namespace

std::vector<std::string> describe_replicates(const ReplicateReport& report, const std::string& metric,
                                             std::size_t most) {
  const auto& all = report.configurations;
  const bool has_replicates = std::any_of(all.begin(), all.end(), [](const auto& one) { return one.spread.count > 1; });
  if (!has_replicates) return {};
  std::vector<std::string> lines = {describe_mean(report, metric)};
  for (std::size_t i = 0; i < std::min(most, report.comparisons.size()); ++i) {
    lines.push_back(describe_comparison(report, i, metric));
  }
  if (report.comparisons.size() > most) {
    lines.push_back(fmt::format("{} more in replicates.csv", report.comparisons.size() - most));
  }
  return lines;
}

std::string write_replicates_csv(const ReplicateReport& report) {
  std::vector<std::string> head;
  if (!report.configurations.empty()) {
    for (const auto& [option, value] : report.configurations.front().parameters) head.push_back(option);
  }
  for (const char* name :
       {"replicates", "mean", "standard_deviation", "common", "best_is_better_by", "half_width_95", "verdict"}) {
    head.emplace_back(name);
  }
  std::string text = csv_line(head);
  for (std::size_t i = 0; i < report.configurations.size(); ++i) {
    const auto& [parameters, metrics, spread] = report.configurations[i];
    std::vector<std::string> fields;
    for (const auto& [option, value] : parameters) fields.push_back(value);
    fields.push_back(std::to_string(spread.count));
    fields.push_back(config::format_number(spread.mean));
    fields.push_back(number_or_none(spread.standard_deviation));
    if (i == 0) {
      fields.insert(fields.end(), {"", "", "", "best"});
    } else {
      const Comparison& comparison = report.comparisons[i - 1];
      const bool has_common = comparison.advantage.count > 0;
      fields.push_back(std::to_string(comparison.advantage.count));
      fields.push_back(has_common ? config::format_number(comparison.advantage.mean) : "");
      fields.push_back(number_or_none(comparison.half_width));
      fields.push_back(verdict_of(comparison));
    }
    text += csv_line(fields);
  }
  return text;
}

ordered_json replicates_to_json(const ReplicateReport& report) {
  auto rows = ordered_json::array();
  for (std::size_t i = 0; i < report.configurations.size(); ++i) {
    const auto& [parameters, metrics, spread] = report.configurations[i];
    ordered_json row = ordered_json::object();
    for (const auto& [option, value] : parameters) row[option] = value;
    row["replicates"] = spread.count;
    row["mean"] = spread.mean;
    row["standard_deviation"] = json_or_null(spread.standard_deviation);
    if (i > 0) {
      const Comparison& comparison = report.comparisons[i - 1];
      row["common"] = comparison.advantage.count;
      row["best_is_better_by"] =
          comparison.advantage.count > 0 ? ordered_json(comparison.advantage.mean) : ordered_json();
      row["half_width_95"] = json_or_null(comparison.half_width);
    }
    row["verdict"] = i == 0 ? "best" : verdict_of(report.comparisons[i - 1]);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace hpctrain::sweep
