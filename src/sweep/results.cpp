#include "sweep/results.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "config/value_text.hpp"
#include "sweep/csv.hpp"
#include "sweep/replicates_text.hpp"

namespace hpctrain::sweep {
namespace {

std::string value_of(const Trial& trial, const std::string& axis) {
  for (const auto& [name, value] : trial.parameters) {
    if (name == axis) return value;
  }
  return {};
}

/// Trials that ended well stand before those that were stopped, of these the ones that came further: a score after few
/// epochs says less. The others come last.
std::pair<int, std::uint64_t> class_of(const TrialOutcome& outcome) {
  if (!outcome.metric) return {2, 0};
  if (outcome.state != TrialState::stopped) return {0, 0};
  return {1, std::numeric_limits<std::uint64_t>::max() - outcome.epoch.value_or(0)};
}

nlohmann::ordered_json trials_to_json(const Results& results) {
  auto rows = nlohmann::ordered_json::array();
  for (const LedgerEntry& entry : results.sorted) {
    const auto& trial = entry.trial;
    const auto& outcome = entry.outcome;
    nlohmann::ordered_json row = {{"trial", trial.digest}, {"state", trial_state_name(outcome.state)}};
    for (const auto& axis : results.axes) row[axis] = value_of(trial, axis);
    row[results.metric] = outcome.metric ? nlohmann::ordered_json(*outcome.metric) : nlohmann::ordered_json();
    row["steps"] = outcome.steps;
    row["seconds"] = outcome.seconds;
    if (outcome.epoch) row["stopped_epoch"] = *outcome.epoch;
    if (outcome.state == TrialState::failed) row["code"] = outcome.code;
    if (outcome.state == TrialState::failed) row["message"] = outcome.message;
    rows.push_back(row);
  }
  return rows;
}

std::string write_json(const nlohmann::ordered_json& file) {
  return file.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

nlohmann::ordered_json summary_to_json(const Results& results) {
  nlohmann::ordered_json file = {{"metric", results.metric},
                                 {"axes", results.axes},
                                 {"is_smaller_better", is_smaller_better(results.metric)},
                                 {"start",
                                  {{"ranks", results.use.ranks},
                                   {"seconds", results.use.seconds},
                                   {"busy_share", results.use.busy_share},
                                   {"idle_rank_seconds", results.use.idle_rank_seconds}}}};
  if (results.replicates) file["configurations"] = replicates_to_json(*results.replicates);
  return file;
}

}  // namespace

bool is_smaller_better(const std::string& metric) {
  // sdr_2_0_px and the like are shares of points that lie near enough.
  const bool is_length = (metric.ends_with("_mm") || metric.ends_with("_px")) && !metric.starts_with("sdr_");
  return metric == "loss" || metric.ends_with("_loss") || is_length;
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
  std::vector<std::string> head = {"trial", "state"};
  head.insert(head.end(), axes.begin(), axes.end());
  head.insert(head.end(), {metric, "steps", "seconds"});
  if (has_stopped) head.emplace_back("stopped_epoch");
  std::string text = csv_line(head);
  for (const LedgerEntry& entry : sorted) {
    const auto& trial = entry.trial;
    const auto& outcome = entry.outcome;
    std::vector<std::string> fields = {trial.digest, std::string(trial_state_name(outcome.state))};
    for (const auto& axis : axes) fields.push_back(value_of(trial, axis));
    fields.push_back(outcome.metric ? config::format_number(*outcome.metric) : std::string());
    fields.push_back(std::to_string(outcome.steps));
    fields.push_back(config::format_number(outcome.seconds));
    if (has_stopped) fields.push_back(outcome.epoch ? std::to_string(*outcome.epoch) : std::string());
    text += csv_line(fields);
  }
  return text;
}

void save_results(FileSystem& files, const std::filesystem::path& folder, const Results& results) {
  write_file_durably(files, folder / "results.csv", write_results_csv(results.sorted, results.axes, results.metric));
  write_file_durably(files, folder / "sweep.json", write_json(summary_to_json(results)));
  write_file_durably(files, folder / "results.json", write_json(trials_to_json(results)));
  if (results.replicates) {
    write_file_durably(files, folder / "replicates.csv", write_replicates_csv(*results.replicates));
  }
}

}  // namespace hpctrain::sweep
