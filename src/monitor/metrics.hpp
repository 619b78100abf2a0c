// The run's diary: RUN/metrics.jsonl, one JSON object a line, the names stable for scripts.
// Must not know who measures. Losing the diary never stops the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/append_file.hpp"
#include "monitor/gpu_use.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::monitor {

/// Where the run stood when something happened, and when that was.
struct MetricsPosition {
  std::uint64_t step = 0;   ///< optimizer updates done
  std::uint64_t epoch = 0;  ///< epoch the step belongs to, from 0
  double seconds = 0;       ///< since this start
  double unix_seconds = 0;
};

/// A start. Lines before it with a step greater than `resumed_from` are void.
struct RunEvent {
  std::string config_digest{};
  int world = 1;
  std::optional<std::uint64_t> resumed_from{};        ///< step of the restored checkpoint
  std::map<std::string, std::string> versions{};      ///< hpctrain, libtorch, mpi, …
  nlohmann::json details = nlohmann::json::object();  ///< anything else worth keeping; common names win
};

struct StepEvent {
  double loss = 0;
  double lr = 0;
  double samples_per_second = 0;                   ///< over the world
  double data_wait_share = 0;                      ///< 0 … 1, of the time of steps
  PhaseSeconds phases{};                           ///< of rank zero, since the step before it was recorded
  std::uint64_t ready_batches = 0;                 ///< micro-batches that rank zero had read ahead after this step
  std::optional<double> gradient_norm{};           ///< before clipping, where gradients are clipped
  std::optional<double> loss_scale{};              ///< fp16
  std::optional<std::uint64_t> skipped_updates{};  ///< of the whole run, where updates can be skipped
};

/// An epoch's steps are made. What follows it (evaluation, checkpoint) counts to the next one.
struct EpochEvent {
  double samples_per_second = 0;                     ///< over the world, in the time of steps
  PhaseSeconds phases{};                             ///< of the epoch's part in this start, mean over ranks
  double resident_bytes = 0;                         ///< memory of the rank that has most, at this moment
  nlohmann::json memory = nlohmann::json::object();  ///< of tensors, all ranks, since the start
  std::optional<GpuSummary> gpus{};                  ///< since the epoch before, where drivers tell
  PhaseSeconds device_phases{};                      ///< as the phases, by the devices' account where there is one
};

/// Metrics are fractions 0–1; names ending in _mm are millimetres.
struct EvalEvent {
  std::string split{};
  std::map<std::string, double> metrics{};
};

/// A checkpoint is committed. Its position is that of the saved step, which may lie behind the present one.
struct CheckpointEvent {
  double save_seconds = 0;
  std::uint64_t bytes = 0;
  std::string path{};   ///< relative to the run directory
  std::string chain{};  ///< digest of the losses that led to it
};

/// A decision the run took about itself, in words: memory ladder, skipped steps, a slow reader.
struct VerdictEvent {
  std::string text{};
  nlohmann::json details = nlohmann::json::object();
};

struct EndEvent {
  std::string reason{};
  double samples_per_second = 0;
  double data_wait_share = 0;  ///< mean over ranks, of the time of steps
  PhaseSeconds phases{};       ///< of this start, mean over ranks
  std::optional<std::string> state_digest{};
  std::map<std::string, double> best_metrics{};
  std::map<std::string, double> augment_seconds{};   ///< of rank zero, by kind of operation, this start
  nlohmann::json data = nlohmann::json::object();    ///< what reading took, all ranks, this start
  nlohmann::json memory = nlohmann::json::object();  ///< of tensors, all ranks, this start
  std::optional<GpuSummary> gpus{};                  ///< of this start, where drivers tell
  PhaseSeconds device_phases{};                      ///< as the phases, by the devices' account where there is one
};

/// Where the lines of a run are, the oldest first: metrics-before.jsonl where there is one, metrics.jsonl.
std::vector<std::filesystem::path> metrics_files(const std::filesystem::path& run_folder);

/// Seconds by the phases' names, to the microsecond; phases that took none are left out.
nlohmann::json to_json(const PhaseSeconds& phases);
/// The line's own names and values, without the common ones.
nlohmann::json to_json(const RunEvent& event);
nlohmann::json to_json(const StepEvent& event);
nlohmann::json to_json(const EpochEvent& event);
nlohmann::json to_json(const EvalEvent& event);
nlohmann::json to_json(const CheckpointEvent& event);
nlohmann::json to_json(const VerdictEvent& event);
nlohmann::json to_json(const EndEvent& event);

/// Rank zero only. One thread at a time.
class MetricsWriter {
 public:
  /// Goes on at the end of an existing file. Where it cannot be opened: one warning, and every record is dropped.
  ///   most_bytes  of all lines that are kept: at half of it the file becomes metrics-before.jsonl, and the one that
  ///               was called so goes; the `run` line of this start stands once more at the head of a new file
  explicit MetricsWriter(std::filesystem::path run_folder,
                         std::uint64_t most_bytes = std::numeric_limits<std::uint64_t>::max());

  /// Appends one line. Never throws for storage: one warning at the first failure, then it keeps trying quietly.
  void record(const MetricsPosition& position, const RunEvent& event) { write("run", position, to_json(event)); }
  void record(const MetricsPosition& position, const StepEvent& event) { write("step", position, to_json(event)); }
  void record(const MetricsPosition& position, const EpochEvent& event) { write("epoch", position, to_json(event)); }
  void record(const MetricsPosition& position, const EvalEvent& event) { write("eval", position, to_json(event)); }
  void record(const MetricsPosition& position, const CheckpointEvent& event) {
    write("checkpoint", position, to_json(event));
  }
  void record(const MetricsPosition& position, const VerdictEvent& event) {
    write("verdict", position, to_json(event));
  }
  void record(const MetricsPosition& position, const EndEvent& event) { write("end", position, to_json(event)); }

 private:
  void write(const char* event, const MetricsPosition& position, nlohmann::json line);
  void append(const nlohmann::json& line);
  void begin_another_file();
  void warn_once(const char* reason);

  std::filesystem::path run_folder_;
  std::uint64_t most_file_bytes_;
  std::uint64_t bytes_of_next_file_ = 0;  ///< so many in this one, and another is begun
  nlohmann::json start_line_;             ///< of this start
  std::unique_ptr<AppendFile> file_;
  bool has_warned_ = false;
};

}  // namespace hpctrain::monitor
