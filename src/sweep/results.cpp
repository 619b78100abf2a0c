#include "sweep/results.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

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

/// Trials that ended well stand before those that were stopped, of these the ones that came further: a score after few
/// epochs says less. The others come last.
std::pair<int, std::uint64_t> class_of(const TrialOutcome& outcome) {
  if (!outcome.metric) return {2, 0};
  if (outcome.state != TrialState::stopped) return {0, 0};
  return {1, std::numeric_limits<std::uint64_t>::max() - outcome.epoch.value_or(0)};
}

std::string write_results_json(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                               const std::string& metric) {
  auto rows = nlohmann::ordered_json::array();
  for (const LedgerEntry& entry : sorted) {
    const auto& trial = entry.trial;
    const auto& outcome = entry.outcome;
    nlohmann::ordered_json row = {{"trial", trial.digest}, {"state", trial_state_name(outcome.state)}};
    for (const auto& axis : axes) row[axis] = value_of(trial, axis);
    row[metric] = outcome.metric ? nlohmann::ordered_json(*outcome.metric) : nlohmann::ordered_json();
    row["steps"] = outcome.steps;
    row["seconds"] = outcome.seconds;
    if (outcome.epoch) row["stopped_epoch"] = *outcome.epoch;
    if (outcome.state == TrialState::failed) row["code"] = outcome.code;
    if (outcome.state == TrialState::failed) row["message"] = outcome.message;
    rows.push_back(row);
  }
  return rows.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

bool is_smaller_better(const std::string& metric) {
  return metric == "loss" || metric.ends_with("_loss") || metric.ends_with("_mm");
}

std::vector<LedgerEntry> sort_results(std::vector<LedgerEntry> entries, const std::string& metric) {
  const bool smaller_wins = is_smaller_better(metric);
  std::stable_sort(entries.begin(), entries.end(), [&](const LedgerEntry& a, const LedgerEntry& b) {
    const auto class_a = class_of(a.outcome);
    const auto class_b = class_of(b.outcome);
    if (class_a != class_b || !a.outcome.metric) return class_a < class_b;
    return smaller_wins ? *a.outcome.metric < *b.outcome.metric : *a.outcome.metric > *b.outcome.metric;
  });
  return entries;
}

std::string write_results_csv(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                              const std::string& metric) {
  const bool has_stopped = std::any_of(sorted.begin(), sorted.end(),
                                       [](const LedgerEntry& entry) { return entry.outcome.epoch.has_value(); });
  std::string text = "trial,state";
  for (const auto& axis : axes) text += "," + axis;
  text += "," + metric + ",steps,seconds" + (has_stopped ? ",stopped_epoch\n" : "\n");
  for (const LedgerEntry& entry : sorted) {
    const auto& trial = entry.trial;
    const auto& outcome = entry.outcome;
    text += trial.digest + "," + std::string(trial_state_name(outcome.state));
    for (const auto& axis : axes) text += "," + csv_field(value_of(trial, axis));
    text += "," + (outcome.metric ? config::format_number(*outcome.metric) : std::string());
    text += "," + std::to_string(outcome.steps) + "," + config::format_number(outcome.seconds);
    if (has_stopped) text += "," + (outcome.epoch ? std::to_string(*outcome.epoch) : std::string());
    text += "\n";
  }
  return text;
}

void save_results(FileSystem& files, const std::filesystem::path& folder, const std::vector<LedgerEntry>& sorted,
                  const std::vector<std::string>& axes, const std::string& metric) {
  write_file_durably(files, folder / "results.csv", write_results_csv(sorted, axes, metric));
  write_file_durably(files, folder / "results.json", write_results_json(sorted, axes, metric));
}

}  // namespace hpctrain::sweep
