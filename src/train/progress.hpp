// How far a run is, and the plain arithmetic on it. This is what a checkpoint restores besides tensors.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "data/batch_plan.hpp"

namespace hpctrain::train {

struct Progress {
  std::uint64_t step = 0;  ///< optimizer steps made
  data::Cursor cursor;     ///< where the next global batch starts

  bool operator==(const Progress&) const = default;
};

nlohmann::json progress_to_json(const Progress& progress);
/// errors  Fault::no_checkpoint when a value is missing or of the wrong kind
Progress progress_from_json(const nlohmann::json& json);

/// What the data set and the settings make of a run.
struct RunLength {
  std::uint64_t steps_per_epoch = 0;
  std::uint64_t total_steps = 0;
};

/// Whichever of epochs and steps comes first.
RunLength plan_run_length(std::uint64_t steps_per_epoch, std::uint64_t epochs, std::uint64_t steps_or_zero);

}  // namespace hpctrain::train
