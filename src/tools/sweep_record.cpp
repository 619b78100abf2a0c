#include "tools/sweep_record.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "sweep/replicates.hpp"
#include "tools/run_record.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

TrialRecord read_trial(const nlohmann::ordered_json& row, const SweepRecord& record) {
  TrialRecord trial;
  trial.digest = row.at("trial").get<std::string>();
  trial.state = row.at("state").get<std::string>();
  for (const auto& axis : record.axes) trial.values[axis] = row.at(axis).get<std::string>();
  if (row.at(record.metric).is_number()) trial.metric = row.at(record.metric).get<double>();
  trial.steps = row.at("steps").get<std::uint64_t>();
  trial.seconds = row.at("seconds").get<double>();
  trial.message = row.value("message", "");
  return trial;
}

std::optional<double> number_in(const nlohmann::ordered_json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

ConfigurationRecord read_configuration(const nlohmann::ordered_json& row, const SweepRecord& record) {
  ConfigurationRecord configuration;
  for (const auto& axis : record.axes) {
    if (row.contains(axis) && row.at(axis).is_string()) configuration.values[axis] = row.at(axis).get<std::string>();
  }
  configuration.replicates = row.at("replicates").get<std::uint64_t>();
  configuration.mean = row.at("mean").get<double>();
  configuration.standard_deviation = number_in(row, "standard_deviation");
  configuration.best_is_better_by = number_in(row, "best_is_better_by");
  configuration.half_width_95 = number_in(row, "half_width_95");
  configuration.verdict = row.value("verdict", "");
  return configuration;
}

/// Those of the split by which trials are compared: validation where there is one.
std::vector<TrialRecord::Score> read_scores(FileSystem& files, const std::filesystem::path& folder,
                                            const std::string& metric) {
  std::map<std::string, std::vector<TrialRecord::Score>> by_split;
  std::vector<std::string> splits;  // the one that decides is scored first
  if (!files.exists(folder / "run.ini")) return {};
  const RunRecord run = load_run_record(files, folder);
  const auto found = run.events.find("eval");
  if (found == run.events.end()) return {};
  for (const EventRecord& event : found->second) {
    const auto metrics = event.line.find("metrics");
    if (metrics == event.line.end() || !metrics->contains(metric) || !metrics->at(metric).is_number()) continue;
    splits.push_back(event.line.value("split", ""));
    by_split[splits.back()].push_back({event.epoch + 1, metrics->at(metric).get<double>()});
  }
  const auto split = train::deciding_split(splits);
  return split ? by_split.at(*split) : std::vector<TrialRecord::Score>();
}

std::optional<double> as_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' ? std::optional(value) : std::nullopt;
}

/// Metrics of the trials that have one, by group of the axis's values.
std::map<std::string, std::vector<double>> group_by_axis(const std::vector<const TrialRecord*>& trials,
                                                         const std::string& axis) {
  constexpr std::size_t kMostValues = 6, kGroups = 4;
  std::map<std::string, std::vector<double>> groups;
  for (const TrialRecord* trial : trials) groups[trial->values.at(axis)].push_back(*trial->metric);
  const bool are_numbers =
      std::all_of(groups.begin(), groups.end(), [](const auto& group) { return as_number(group.first).has_value(); });
  if (groups.size() <= kMostValues || !are_numbers) return groups;
  std::vector<const TrialRecord*> sorted = trials;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const TrialRecord* a, const TrialRecord* b) {
    return *as_number(a->values.at(axis)) < *as_number(b->values.at(axis));
  });
  groups.clear();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    groups[std::to_string(i * kGroups / sorted.size())].push_back(*sorted[i]->metric);
  }
  return groups;
}

double explained_share(const std::map<std::string, std::vector<double>>& groups) {
  std::vector<double> all;
  for (const auto& [value, metrics] : groups) all.insert(all.end(), metrics.begin(), metrics.end());
  const auto count = static_cast<double>(all.size()), parts = static_cast<double>(groups.size());
  if (groups.size() < 2 || count <= parts) return 0;
  const double mean = sweep::measure_spread(all).mean;
  double total = 0, between = 0;
  for (const double value : all) total += (value - mean) * (value - mean);
  for (const auto& [value, metrics] : groups) {
    const double difference = sweep::measure_spread(metrics).mean - mean;
    between += static_cast<double>(metrics.size()) * difference * difference;
  }
  if (!(total > 0)) return 0;
  const double within = (total - between) / (count - parts);
  return std::clamp((between - (parts - 1) * within) / total, 0.0, 1.0);
}

}  // namespace

bool is_sweep_folder(FileSystem& files, const std::filesystem::path& folder) {
  return files.exists(folder / "sweep.json");
}

SweepRecord load_sweep_record(FileSystem& files, const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "sweep.json";
  SweepRecord record;
  const auto whole = std::filesystem::absolute(folder).lexically_normal();
  record.name = (whole.has_filename() ? whole : whole.parent_path()).filename().string();
  try {
    const auto sweep = nlohmann::ordered_json::parse(files.read_file(path));
    record.metric = sweep.at("metric").get<std::string>();
    record.axes = sweep.at("axes").get<std::vector<std::string>>();
    if (sweep.contains("configurations")) {
      for (const auto& row : sweep.at("configurations")) {
        record.configurations.push_back(read_configuration(row, record));
      }
    }
    path = folder / "results.json";
    const auto rows = nlohmann::ordered_json::parse(files.read_file(path));
    for (const auto& row : rows) record.trials.push_back(read_trial(row, record));
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::data, path.string() + " is not the result of a sweep: " + error.what() +
                                 "; the command that ran the sweep writes it anew");
  }
  for (TrialRecord& trial : record.trials) {
    trial.scores = read_scores(files, folder / "trials" / trial.digest, record.metric);
  }
  return record;
}

std::vector<AxisImportance> plan_importance(const SweepRecord& record) {
  std::vector<const TrialRecord*> scored;
  for (const TrialRecord& trial : record.trials) {
    if (trial.metric && trial.state == "done") scored.push_back(&trial);
  }
  std::vector<AxisImportance> importance;
  for (const auto& axis : record.axes) importance.push_back({axis, explained_share(group_by_axis(scored, axis))});
  std::stable_sort(importance.begin(), importance.end(),
                   [](const AxisImportance& a, const AxisImportance& b) { return a.share > b.share; });
  return importance;
}

}  // namespace hpctrain::tools
