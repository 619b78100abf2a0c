// All that is written while a run lives: metrics.jsonl, pictures, and the same for TensorBoard where it is wanted. Must
// not know who measures.
#pragma once

#include <atomic>
#include <exception>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/deferred_work.hpp"
#include "monitor/histogram.hpp"
#include "monitor/metrics.hpp"
#include "monitor/picture.hpp"
#include "monitor/tensorboard.hpp"

namespace hpctrain::monitor {

struct DiarySettings {
  bool writes_tensorboard = true;
  std::map<std::string, std::string> parameters{};  ///< of the trial; empty: this is no trial
  std::uint64_t most_metrics_bytes = std::numeric_limits<std::uint64_t>::max();  ///< as MetricsWriter takes it
};

/// Rank zero only. One thread only. Losing any of it never stops the run.
class RunDiary {
 public:
  RunDiary(const std::filesystem::path& run_folder, const DiarySettings& settings)
      : run_folder_(run_folder), metrics_(run_folder, settings.most_metrics_bytes), steps_({}) {
    if (settings.writes_tensorboard) tensorboard_.emplace(run_folder, settings.parameters);
  }

  /// Written when it returns, and all steps before it.
  template <typename Event>
  void record(MetricsPosition position, const Event& event) {
    stamp(position);
    finish();
    write(position, event);
  }
  /// Written some tenths of a second later, by another thread: a step waits neither for the formatter nor for a disk.
  void record(MetricsPosition position, const StepEvent& event) {
    stamp(position);
    steps_.post([this, position, event] {
      try {
        write(position, event);
      } catch (const std::exception& failure) {
        warn_once(failure.what());
      }
    });
  }
  /// Blocks until every step is written.
  void finish() { steps_.finish(); }

  /// RUN/pictures/SPLIT-worst-N.png, which replace those of the evaluation before, and TensorBoard.
  void show(MetricsPosition position, const std::vector<Picture>& pictures);
  /// For TensorBoard alone.
  void show(MetricsPosition position, const std::vector<Histogram>& histograms);
  bool has_tensorboard() const noexcept { return tensorboard_.has_value(); }

  /// Since this start, as the lines say them.
  double seconds() const noexcept { return stopwatch_.seconds(); }

 private:
  void stamp(MetricsPosition& position) const {
    position.seconds = seconds();
    position.unix_seconds = unix_seconds();
  }
  template <typename Event>
  void write(const MetricsPosition& position, const Event& event) {
    metrics_.record(position, event);
    if (tensorboard_) tensorboard_->record(position, event);
  }

  void warn_once(const char* reason);

  Stopwatch stopwatch_;
  std::filesystem::path run_folder_;
  MetricsWriter metrics_;
  std::optional<TensorboardWriter> tensorboard_;
  std::atomic<bool> has_warned_ = false;
  DeferredWork steps_;  // last: what waits is written by the members above
};

/// Where pictures of a run lie.
std::filesystem::path picture_folder(const std::filesystem::path& run_folder);

}  // namespace hpctrain::monitor
