#include "tools/forecast_review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/text_format.hpp"
#include "tools/median.hpp"

namespace hpctrain::tools {
namespace {

/// Peaks count from the beginning of a start, so the last line of each start has the greatest.
std::optional<double> find_peak(const RunRecord& record) {
  std::optional<double> peak;
  for (const auto& [name, events] : record.events) {
    for (const auto& event : events) {
      const auto memory = event.line.find("memory");
      if (memory == event.line.end() || !memory->is_object() || !memory->contains("peak_bytes")) continue;
      peak = std::max(peak.value_or(0), memory->at("peak_bytes").get<double>());
    }
  }
  return peak;
}

std::optional<double> mean_step_seconds(const RunRecord& record) {
  if (record.steps.size() < 2) return std::nullopt;
  double seconds = 0;
  for (std::size_t i = 1; i < record.steps.size(); ++i) seconds += record.steps[i].phases.training();
  // A line may stand for several steps.
  return seconds / static_cast<double>(record.steps.back().step - record.steps.front().step);
}

std::string describe(const char* name, const std::optional<double>& forecast, const std::optional<double>& truth,
                     std::string (*format)(double)) {
  const auto text = [&](const std::optional<double>& value) { return value ? format(*value) : std::string("—"); };
  std::string line = fmt::format("  {:<20} {:>12} {:>12}", name, text(forecast), text(truth));
  if (forecast && truth && *truth > 0) line += fmt::format("  {:>+8.1f} %", 100 * (*forecast / *truth - 1));
  if (!truth) line += "  the run's metrics.jsonl does not say";
  return line + "\n";
}

}  // namespace

RunFigures read_run_figures(const RunRecord& record, std::uint64_t steps_per_epoch) {
  RunFigures figures;
  figures.peak_bytes = find_peak(record);
  std::vector<double> epochs;
  if (const auto found = record.events.find("epoch"); found != record.events.end()) {
    for (const auto& event : found->second) {
      const auto phases = event.line.find("phase_seconds");
      if (phases != event.line.end()) epochs.push_back(read_phases(*phases).training());
    }
  }
  if (epochs.size() > 1) epochs.erase(epochs.begin());
  if (!epochs.empty()) {
    figures.epoch_seconds = median(epochs);
  } else if (const auto step = mean_step_seconds(record)) {
    figures.epoch_seconds = *step * static_cast<double>(steps_per_epoch);
  }
  return figures;
}

int ranks_of(const RunRecord& record) {
  const auto* start = record.last("run");
  return start == nullptr ? 1 : std::max(1, start->value("world", 1));
}

std::string describe_review(const RunFigures& forecast, const RunFigures& truth) {
  std::string text = fmt::format("  {:<20} {:>12} {:>12}  {:>10}\n", "", "forecast", "truth", "off by");
  text += describe("peak of tensors", forecast.peak_bytes, truth.peak_bytes,
                   [](double bytes) { return format_bytes(static_cast<std::uint64_t>(bytes)); });
  return text + describe("time of an epoch", forecast.epoch_seconds, truth.epoch_seconds, format_duration);
}

std::string review_to_json(const RunFigures& forecast, const RunFigures& truth) {
  const auto to_json = [](const RunFigures& figures) {
    nlohmann::json json = {{"peak_bytes", nullptr}, {"epoch_seconds", nullptr}};
    if (figures.peak_bytes) json["peak_bytes"] = *figures.peak_bytes;
    if (figures.epoch_seconds) json["epoch_seconds"] = *figures.epoch_seconds;
    return json;
  };
  return nlohmann::json{{"forecast", to_json(forecast)}, {"truth", to_json(truth)}}.dump() + "\n";
}

}  // namespace hpctrain::tools
