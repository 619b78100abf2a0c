#include "sweep/results.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "config/value_text.hpp"

namespace hpctrain::sweep {
namespace {

std::string value_of(const Trial& trial, const std::string& axis) {
  for (const auto& [name, value] : trial.parameters) {
    if (name == axis) return value;
  }
  return {};
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + "\"";
}

std::string write_results_json(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                               const std::string& metric) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& [trial, outcome, attempts] : sorted) {
    nlohmann::ordered_json row = {{"trial", trial.digest}, {"state", trial_state_name(outcome.state)}};
    for (const auto& axis : axes) row[axis] = value_of(trial, axis);
    row[metric] = outcome.metric ? nlohmann::ordered_json(*outcome.metric) : nlohmann::ordered_json();
    row["steps"] = outcome.steps;
    row["seconds"] = outcome.seconds;
    if (outcome.state == TrialState::failed) row["code"] = outcome.code;
    if (outcome.state == TrialState::failed) row["message"] = outcome.message;
    rows.push_back(row);
  }
  return rows.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

bool is_smaller_better(const std::string& metric) {
  return metric == "loss" || metric.ends_with("_mm");
}

std::vector<LedgerEntry> sort_results(std::vector<LedgerEntry> entries, const std::string& metric) {
  const bool smaller_wins = is_smaller_better(metric);
  std::stable_sort(entries.begin(), entries.end(), [&](const LedgerEntry& a, const LedgerEntry& b) {
    if (!a.outcome.metric || !b.outcome.metric) return a.outcome.metric.has_value() && !b.outcome.metric;
    return smaller_wins ? *a.outcome.metric < *b.outcome.metric : *a.outcome.metric > *b.outcome.metric;
  });
  return entries;
}

std::string write_results_csv(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                              const std::string& metric) {
  std::string text = "trial,state";
  for (const auto& axis : axes) text += "," + axis;
  text += "," + metric + ",steps,seconds\n";
  for (const auto& [trial, outcome, attempts] : sorted) {
    text += trial.digest + "," + std::string(trial_state_name(outcome.state));
    for (const auto& axis : axes) text += "," + csv_field(value_of(trial, axis));
    text += "," + (outcome.metric ? config::format_number(*outcome.metric) : std::string());
    text += "," + std::to_string(outcome.steps) + "," + config::format_number(outcome.seconds) + "\n";
  }
  return text;
}

void save_results(FileSystem& files, const std::filesystem::path& folder, const std::vector<LedgerEntry>& sorted,
                  const std::vector<std::string>& axes, const std::string& metric) {
  write_file_durably(files, folder / "results.csv", write_results_csv(sorted, axes, metric));
  write_file_durably(files, folder / "results.json", write_results_json(sorted, axes, metric));
}

}  // namespace hpctrain::sweep
