// All that is written while a run lives: metrics.jsonl, and the same for TensorBoard where it is wanted. Must not know
// who measures.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "monitor/metrics.hpp"
#include "monitor/tensorboard.hpp"

namespace hpctrain::monitor {

struct DiarySettings {
  bool writes_tensorboard = true;
  std::map<std::string, std::string> parameters{};  ///< of the trial; empty: this is no trial
};

/// Rank zero only. One thread only. Losing any of it never stops the run.
class RunDiary {
 public:
  RunDiary(const std::filesystem::path& run_folder, const DiarySettings& settings) : metrics_(run_folder) {
    if (settings.writes_tensorboard) tensorboard_.emplace(run_folder, settings.parameters);
  }

  template <typename Event>
  void record(const MetricsPosition& position, const Event& event) {
    metrics_.record(position, event);
    if (tensorboard_) tensorboard_->record(position, event);
  }

  /// Since this start, as the lines say them.
  double seconds() const noexcept { return metrics_.seconds(); }

 private:
  MetricsWriter metrics_;
  std::optional<TensorboardWriter> tensorboard_;
};

}  // namespace hpctrain::monitor
