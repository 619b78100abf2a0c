// When a run that no longer improves is over. Plain arithmetic on qualities that are equal on all ranks.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "train/settings.hpp"

namespace hpctrain::train {

class EarlyStopping {
 public:
  explicit EarlyStopping(const EvaluationSettings& settings) : settings_(settings) {}

  bool is_on() const noexcept { return settings_.patience.has_value(); }

  /// One evaluation's quality, higher is better. It gains when it beats the best so far by more than eval.min-delta;
  /// a value that is no number never does.
  void note(double quality);

  /// True once as many evaluations in a row as eval.patience brought no gain.
  bool is_over() const noexcept { return is_on() && evaluations_without_gain_ >= *settings_.patience; }

  nlohmann::json to_json() const;
  /// What to_json() gave; a checkpoint written without it leaves everything as it is.
  ///   errors  Fault::no_checkpoint when a value is of the wrong kind
  void restore(const nlohmann::json& json);

 private:
  EvaluationSettings settings_;
  std::optional<double> best_;
  std::uint64_t evaluations_without_gain_ = 0;
};

}  // namespace hpctrain::train
