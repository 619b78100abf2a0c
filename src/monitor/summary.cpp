// Words for the end of a run.
#include "monitor/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text_format.hpp"

namespace hpctrain::monitor {
namespace {

std::string describe_result(const SplitResult& result) {
  std::string text;
  for (const auto& [name, value] : result.metrics) {
    if (!text.empty()) text += "  ";
    text += name + " " + format_metric(name, value);
  }
  return text;
}

/// The longest first.
std::string describe_operations(const std::map<std::string, double>& seconds) {
  std::vector<std::pair<std::string, double>> operations(seconds.begin(), seconds.end());
  std::stable_sort(operations.begin(), operations.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [name, duration] : operations) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, format_duration(duration));
  }
  return text;
}

}  // namespace

std::string_view phase_words(Phase phase) {
  switch (phase) {
    case Phase::data_wait:
      return "waiting for data";
    case Phase::make_batch:
      return "making batches";
    case Phase::forward:
      return "forward";
    case Phase::backward:
      return "backward";
    case Phase::communication:
      return "exposed communication";
    case Phase::optimizer:
      return "optimizer";
    case Phase::checkpoint:
      return "checkpoints";
    case Phase::evaluation:
      return "evaluation";
    case Phase::start:
      return "starting";
    case Phase::other:
      return "other";
  }
  return "other";
}

bool is_fraction(std::string_view name) {
  return name.starts_with("top") || name.starts_with("sdr_") || name.ends_with("_top1") || name.ends_with("_share") ||
         name == "accuracy";
}

std::string format_metric(const std::string& name, double value) {
  if (!std::isfinite(value)) return "not finite";
  if (is_fraction(name)) return fmt::format("{:.2f} %", 100 * value);
  if (name.ends_with("_mm")) return fmt::format("{:.3f} mm", value);
  return fmt::format("{:.4f}", value);
}

std::string format_difference(const std::string& name, double value, std::optional<double> half_width) {
  const bool is_share = is_fraction(name);
  const bool is_length = name.ends_with("_mm");
  const double scale = is_share ? 100 : 1;
  const int digits = is_share ? 2 : is_length ? 3 : 4;
  std::string text = fmt::format("{:.{}f}", scale * value, digits);
  if (half_width) text += fmt::format(" ± {:.{}f}", scale * *half_width, digits);
  return text + (is_share ? " points" : is_length ? " mm" : "");
}

std::string describe_phases(const PhaseSeconds& phases) {
  std::vector<Phase> order;
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const auto phase = static_cast<Phase>(i);
    // Less than a twentieth of a percent would print as 0.0 %.
    if (phases.share(phase) >= 0.0005) order.push_back(phase);
  }
  std::stable_sort(order.begin(), order.end(), [&](Phase a, Phase b) { return phases[a] > phases[b]; });
  std::string text;
  for (const Phase phase : order) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", phase_words(phase), format_share(phases.share(phase)));
  }
  return text.empty() ? "nothing measured" : text;
}

std::string make_summary_text(const RunSummary& summary) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += fmt::format("  {:<18}{}\n", name, value);
  };
  text += fmt::format("{} after {} step{}, epoch {}\n", summary.reason, format_count(summary.steps),
                      summary.steps == 1 ? "" : "s", format_count(summary.epochs));
  for (const SplitResult& result : summary.results) add(result.split, describe_result(result));
  if (summary.skipped_updates) add("skipped updates", format_count(*summary.skipped_updates));
  add("throughput",
      fmt::format("{} samples/s ({} samples)", format_rate(summary.samples_per_second), format_count(summary.samples)));
  add("waiting for data", fmt::format("{} of the time", format_share(summary.phases.share(Phase::data_wait))));
  add("wall time", format_duration(summary.wall_seconds));
  add("time went to", describe_phases(summary.phases));
  if (summary.device_phases.total() > 0) add("on the device", describe_phases(summary.device_phases));
  if (!summary.memory.empty()) add("memory", summary.memory);
  if (!summary.gpus.empty()) add("GPU busy", summary.gpus);
  if (!summary.verdict.empty()) add("verdict", summary.verdict);
  if (!summary.augment_seconds.empty()) add("augmentation", describe_operations(summary.augment_seconds));
  add("run directory", summary.run_folder.string());
  return text;
}

}  // namespace hpctrain::monitor
