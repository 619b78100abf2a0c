// All that is written while a run lives: metrics.jsonl, pictures, and the same for TensorBoard where it is wanted. Must
// not know who measures.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "monitor/histogram.hpp"
#include "monitor/metrics.hpp"
#include "monitor/picture.hpp"
#include "monitor/tensorboard.hpp"

namespace hpctrain::monitor {

struct DiarySettings {
  bool writes_tensorboard = true;
  std::map<std::string, std::string> parameters{};  ///< of the trial; empty: this is no trial
};

/// Rank zero only. One thread only. Losing any of it never stops the run.
class RunDiary {
 public:
  RunDiary(const std::filesystem::path& run_folder, const DiarySettings& settings)
      : run_folder_(run_folder), metrics_(run_folder) {
    if (settings.writes_tensorboard) tensorboard_.emplace(run_folder, settings.parameters);
  }

  template <typename Event>
  void record(const MetricsPosition& position, const Event& event) {
    metrics_.record(position, event);
    if (tensorboard_) tensorboard_->record(position, event);
  }

  /// RUN/pictures/SPLIT-worst-N.png, which replace those of the evaluation before, and TensorBoard.
  void show(const MetricsPosition& position, const std::vector<Picture>& pictures);
  /// For TensorBoard alone.
  void show(const MetricsPosition& position, const std::vector<Histogram>& histograms) {
    if (tensorboard_) tensorboard_->show(position, histograms);
  }
  bool has_tensorboard() const noexcept { return tensorboard_.has_value(); }

  /// Since this start, as the lines say them.
  double seconds() const noexcept { return metrics_.seconds(); }

 private:
  std::filesystem::path run_folder_;
  MetricsWriter metrics_;
  std::optional<TensorboardWriter> tensorboard_;
  bool has_warned_ = false;
};

/// Where pictures of a run lie.
std::filesystem::path picture_folder(const std::filesystem::path& run_folder);

}  // namespace hpctrain::monitor
