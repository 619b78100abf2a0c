#include "tools/plan_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text_format.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kGib = 1ull << 30;

std::string describe_state(const StateBytes& state) {
  return fmt::format("{}: parameters {}, gradients {}, optimizer {}, average {}, buffers {}",
                     format_bytes(state.total()), format_bytes(state.parameters), format_bytes(state.gradients),
                     format_bytes(state.optimizer), format_bytes(state.average), format_bytes(state.buffers));
}

std::string describe_head(const PlanReport& report) {
  std::string text = "hpctrain plan\n";
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<16}  {}\n", name, value);
  };
  line("network",
       fmt::format("{} with {} parameters, for {}", report.network, format_count(report.parameters), report.task));
  line("data", report.data_words);
  line("measured on", report.device_words + ": " + report.probe_words);
  line("memory", fmt::format("{}, of which {} GiB are the driver's and the libraries'", report.card_name,
                             format_gib(report.card.reserved_bytes)));
  line("always held", describe_state(report.state));
  return text + "\n";
}

std::string describe_fit(const std::optional<MemoryForecast>& forecast, const CardMemory& card) {
  if (!forecast) return "";
  return fmt::format("{:>8}  {:<10}", format_gib(forecast->total()), fit_name(plan_fit(forecast->total(), card)));
}

std::string describe_rows(const PlanReport& report) {
  std::string text =
      "  GiB of a rank    micro-  activa-  batch\n"
      "  image      format batch    tions  slots     in all             with recomputation\n";
  for (const auto& row : report.rows) {
    text += fmt::format("  {:<10} {:<5} {:>6} ", row.image, row.format, row.micro_batch);
    if (!row.kept) {
      text += fmt::format("{:>8} {:>6}   —  {}\n", "—", "—", row.reason);
      continue;
    }
    text += fmt::format("{:>8} {:>6}   {} {}", format_gib(row.kept->activations),
                        format_gib(row.kept->slots + row.kept->saved + row.kept->resident),
                        describe_fit(row.kept, report.card), describe_fit(row.recomputed, report.card));
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string describe_count(const std::optional<std::uint64_t>& count) {
  return count ? format_count(*count) : "none";
}

std::string describe_largest(const PlanReport& report) {
  std::string text;
  for (const auto& largest : report.largest) {
    text += fmt::format("  largest safe micro-batch at {} in {}: {}", largest.image, largest.format,
                        describe_count(largest.kept));
    if (largest.can_recompute) text += fmt::format("; with recomputation {}", describe_count(largest.recomputed));
    text += '\n';
  }
  return text;
}

std::string describe_times(const PlanReport& report) {
  if (report.times.empty()) return "";
  std::string text = fmt::format("\n  time, from {}\n", report.time_words);
  text += fmt::format("  {:>5}  {:>18}  {:>9}  {:>9} {:>9}  {:>9}  {:>12}  {:>12}  {:>10}  {:>6}\n", "ranks",
                      "micro-steps", "step", "sums", "exposed", "samples/s", "epoch", "run", report.hours_name, "gain");
  for (const auto& time : report.times) {
    const double gain = report.times.front().step_seconds / time.step_seconds;
    text += fmt::format("  {:>5}  {:>18}  {:>9}  {:>9} {:>9}  {:>9}  {:>12}  {:>12}  {:>10.1f}  {:>5.1f}×\n",
                        time.ranks, fmt::format("{} of up to {}", time.micro_steps, time.micro_batch),
                        format_duration(time.step_seconds), format_duration(time.communication_seconds),
                        format_duration(time.exposed_seconds), format_rate(time.samples_per_second(report.shape)),
                        format_duration(time.epoch_seconds), format_duration(time.run_seconds),
                        time.rank_hours() * report.hours_per_rank_hour, gain);
  }
  for (const int ranks : report.refused_ranks) {
    text += fmt::format("  {:>5}  — more ranks than the global batch of {} has samples\n", ranks, report.shape.batch);
  }
  text += fmt::format("  links in a node   {}\n  links of nodes    {}; {} ranks fill a node\n", report.node_words,
                      report.network_words, report.ranks_per_node);
  return text;
}

nlohmann::json to_json(const MemoryForecast& forecast, const CardMemory& card) {
  return {{"activation_bytes", forecast.activations},
          {"slot_bytes", forecast.slots},
          {"saved_bytes", forecast.saved},
          {"resident_bytes", forecast.resident},
          {"bytes", forecast.total()},
          {"fit", fit_name(plan_fit(forecast.total(), card))}};
}

nlohmann::json rows_to_json(const PlanReport& report) {
  auto rows = nlohmann::json::array();
  for (const auto& row : report.rows) {
    nlohmann::json json = {{"image", row.image}, {"precision", row.format}, {"micro_batch", row.micro_batch}};
    if (row.kept) json.update(to_json(*row.kept, report.card));
    if (row.recomputed) json["recomputed"] = to_json(*row.recomputed, report.card);
    if (!row.kept) json["reason"] = row.reason;
    rows.push_back(std::move(json));
  }
  return rows;
}

nlohmann::json largest_to_json(const PlanReport& report) {
  auto all = nlohmann::json::array();
  for (const auto& largest : report.largest) {
    nlohmann::json json = {{"image", largest.image}, {"precision", largest.format}, {"micro_batch", nullptr}};
    if (largest.kept) json["micro_batch"] = *largest.kept;
    if (largest.recomputed) json["recomputed_micro_batch"] = *largest.recomputed;
    all.push_back(std::move(json));
  }
  return all;
}

nlohmann::json times_to_json(const PlanReport& report) {
  auto times = nlohmann::json::array();
  for (const auto& time : report.times) {
    times.push_back({{"ranks", time.ranks},
                     {"micro_steps", time.micro_steps},
                     {"micro_batch", time.micro_batch},
                     {"step_seconds", time.step_seconds},
                     {"communication_seconds", time.communication_seconds},
                     {"exposed_seconds", time.exposed_seconds},
                     {"samples_per_second", time.samples_per_second(report.shape)},
                     {"epoch_seconds", time.epoch_seconds},
                     {"run_seconds", time.run_seconds},
                     {"hours", time.rank_hours() * report.hours_per_rank_hour}});
  }
  return times;
}

}  // namespace

std::string format_gib(std::uint64_t bytes) {
  const double gib = static_cast<double>(bytes) / kGib;
  return fmt::format("{:.{}f}", gib, gib < 0.095 ? 3 : 2);
}

std::string describe_plan(const PlanReport& report) {
  std::string text = describe_head(report) + describe_rows(report) + describe_largest(report) + describe_times(report);
  text += fmt::format("  node cache        {}, where the run makes one\n", format_bytes(report.cache_bytes));
  for (const auto& caveat : report.caveats) text += "  note: " + caveat + "\n";
  return text;
}

std::string plan_to_json(const PlanReport& report) {
  const auto& state = report.state;
  return nlohmann::json{{"network", report.network},
                        {"task", report.task},
                        {"parameters", report.parameters},
                        {"samples", report.shape.samples},
                        {"card", report.card_name},
                        {"card_bytes", report.card.total_bytes},
                        {"usable_bytes", report.card.usable_bytes()},
                        {"state",
                         {{"parameter_bytes", state.parameters},
                          {"gradient_bytes", state.gradients},
                          {"optimizer_bytes", state.optimizer},
                          {"average_bytes", state.average},
                          {"buffer_bytes", state.buffers},
                          {"bytes", state.total()}}},
                        {"memory", rows_to_json(report)},
                        {"largest", largest_to_json(report)},
                        {"time", times_to_json(report)},
                        {"hours", report.hours_name},
                        {"cache_bytes", report.cache_bytes},
                        {"notes", report.caveats}}
             .dump() +
         "\n";
}

}  // namespace hpctrain::tools
