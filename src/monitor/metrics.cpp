// Events as JSON lines.
#include "monitor/metrics.hpp"

#include <cmath>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/log.hpp"

namespace hpctrain::monitor {
namespace {

constexpr const char* kFile = "metrics.jsonl";
constexpr const char* kEarlierFile = "metrics-before.jsonl";

}  // namespace

nlohmann::json to_json(const PhaseSeconds& phases) {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    // Whole microseconds print as six digits, not seventeen: there is such an object for each step.
    const double microseconds = std::round(phases.seconds[i] * 1e6);
    if (microseconds > 0) json[std::string(phase_name(static_cast<Phase>(i)))] = microseconds / 1e6;
  }
  return json;
}

nlohmann::json to_json(const RunEvent& event) {
  nlohmann::json line = event.details;
  line["config_digest"] = event.config_digest;
  line["world"] = event.world;
  line["versions"] = event.versions;
  if (event.resumed_from) line["resumed_from"] = *event.resumed_from;
  return line;
}

nlohmann::json to_json(const StepEvent& event) {
  nlohmann::json line = {{"loss", event.loss},
                         {"lr", event.lr},
                         {"samples_per_second", event.samples_per_second},
                         {"data_wait_share", event.data_wait_share},
                         {"phase_seconds", to_json(event.phases)},
                         {"ready_batches", event.ready_batches}};
  if (event.gradient_norm) line["gradient_norm"] = *event.gradient_norm;
  if (event.loss_scale) line["loss_scale"] = *event.loss_scale;
  if (event.skipped_updates) line["skipped_updates"] = *event.skipped_updates;
  return line;
}

nlohmann::json to_json(const EpochEvent& event) {
  nlohmann::json line = {{"samples_per_second", event.samples_per_second},
                         {"phase_seconds", to_json(event.phases)},
                         {"resident_bytes", static_cast<std::uint64_t>(event.resident_bytes)}};
  if (event.device_phases.total() > 0) line["device_phase_seconds"] = to_json(event.device_phases);
  if (!event.memory.empty()) line["memory"] = event.memory;
  if (event.gpus) line["gpus"] = to_json(*event.gpus);
  return line;
}

nlohmann::json to_json(const EvalEvent& event) {
  return {{"split", event.split}, {"metrics", event.metrics}};
}

nlohmann::json to_json(const CheckpointEvent& event) {
  return {{"save_seconds", event.save_seconds}, {"bytes", event.bytes}, {"path", event.path}, {"chain", event.chain}};
}

nlohmann::json to_json(const VerdictEvent& event) {
  nlohmann::json line = event.details;
  line["text"] = event.text;
  return line;
}

nlohmann::json to_json(const EndEvent& event) {
  nlohmann::json line = {{"reason", event.reason},
                         {"samples_per_second", event.samples_per_second},
                         {"data_wait_share", event.data_wait_share},
                         {"phase_seconds", to_json(event.phases)},
                         {"best_metrics", event.best_metrics}};
  if (event.device_phases.total() > 0) line["device_phase_seconds"] = to_json(event.device_phases);
  if (event.state_digest) line["state_digest"] = *event.state_digest;
  if (!event.augment_seconds.empty()) line["augment_seconds"] = event.augment_seconds;
  if (!event.data.empty()) line["data"] = event.data;
  if (!event.memory.empty()) line["memory"] = event.memory;
  if (event.gpus) line["gpus"] = to_json(*event.gpus);
  return line;
}

std::vector<std::filesystem::path> metrics_files(const std::filesystem::path& run_folder) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  if (std::filesystem::exists(run_folder / kEarlierFile, ignored)) files.push_back(run_folder / kEarlierFile);
  files.push_back(run_folder / kFile);
  return files;
}

MetricsWriter::MetricsWriter(std::filesystem::path run_folder, std::uint64_t most_bytes)
    : run_folder_(std::move(run_folder)), most_file_bytes_(most_bytes / 2) {
  try {
    file_ = std::make_unique<AppendFile>(run_folder_ / kFile);
  } catch (const Error& error) {
    warn_once(error.what());
  }
  bytes_of_next_file_ = most_file_bytes_;
}

/// Where that fails, the present file takes as much again before the next attempt.
void MetricsWriter::begin_another_file() {
  bytes_of_next_file_ = file_->bytes() + most_file_bytes_;
  try {
    std::error_code ignored;
    // Not there: an earlier attempt got so far.
    if (std::filesystem::exists(run_folder_ / kFile, ignored)) {
      posix_file_system().rename_replacing(run_folder_ / kFile, run_folder_ / kEarlierFile);
    }
    file_ = std::make_unique<AppendFile>(run_folder_ / kFile);
  } catch (const Error& error) {
    return log_warning("metrics.jsonl outgrows monitor.metrics-mib, training goes on: {}", error.what());
  }
  bytes_of_next_file_ = most_file_bytes_;
  if (start_line_.is_null()) return;
  // Without it nobody would know how many ranks there are, once the file with the start has gone.
  start_line_["continues"] = true;
  append(start_line_);
}

void MetricsWriter::write(const char* event, const MetricsPosition& position, nlohmann::json line) {
  if (!file_) return;
  line["event"] = event;
  line["step"] = position.step;
  line["epoch"] = position.epoch;
  line["seconds"] = position.seconds;
  line["unix"] = position.unix_seconds;
  append(line);
  if (std::string_view(event) == "run") start_line_ = std::move(line);
  if (file_->bytes() >= bytes_of_next_file_) begin_another_file();
}

void MetricsWriter::append(const nlohmann::json& line) {
  // Not-finite numbers become null by themselves; bytes that are not UTF-8 (a path, a host's message) must not throw.
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  try {
    file_->append_line(text);
  } catch (const Error& error) {
    warn_once(error.what());
  }
}

void MetricsWriter::warn_once(const char* reason) {
  if (has_warned_) return;
  has_warned_ = true;
  log_warning("metrics are being lost, training goes on: {}", reason);
}

}  // namespace hpctrain::monitor
