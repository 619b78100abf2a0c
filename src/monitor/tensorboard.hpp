// The run's diary once more, for TensorBoard: RUN/events.out.tfevents.*, one file for each start. Must not know who
// measures. Losing it never stops the run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "monitor/histogram.hpp"
#include "monitor/metrics.hpp"
#include "monitor/picture.hpp"
#include "monitor/tensorboard_events.hpp"
#include "monitor/tfrecord_file.hpp"

namespace hpctrain::monitor {

/// Rank zero only. One thread at a time.
class TensorboardWriter {
 public:
  ///   parameters  of the trial, for the HPARAMS page; empty: this is no trial
  TensorboardWriter(std::filesystem::path run_folder, std::map<std::string, std::string> parameters)
      : run_folder_(std::move(run_folder)), parameters_(std::move(parameters)) {}

  /// Creates the file; where that fails: one warning, and every record is dropped. A resumed run voids what earlier
  /// files say of later steps.
  void record(const MetricsPosition& position, const RunEvent& event);
  void record(const MetricsPosition& position, const StepEvent& event);
  void record(const MetricsPosition& position, const EpochEvent& event);
  void record(const MetricsPosition& position, const EvalEvent& event);
  void record(const MetricsPosition& /*position*/, const CheckpointEvent& /*event*/) {}
  void record(const MetricsPosition& /*position*/, const VerdictEvent& /*event*/) {}
  void record(const MetricsPosition& position, const EndEvent& event);

  void show(const MetricsPosition& position, const std::vector<Picture>& pictures);
  void show(const MetricsPosition& position, const std::vector<Histogram>& histograms);

 private:
  /// Written within some seconds.
  void keep(const std::string& event);
  void flush();
  EventPlace place_of(const MetricsPosition& position) const { return {position.unix_seconds, position.step}; }
  void give_up(const char* reason);

  std::filesystem::path run_folder_;
  std::map<std::string, std::string> parameters_;
  std::unique_ptr<TfrecordFile> file_;  ///< null: not begun, or given up
  Stopwatch since_flush_;
};

}  // namespace hpctrain::monitor
