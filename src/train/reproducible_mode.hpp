// The reproducible mode: a run's bits do not depend on how many ranks carry it out. What it asks of the other options.
#pragma once

#include "train/settings.hpp"

namespace hpctrain::train {

inline bool is_reproducible(const TrainSettings& settings) noexcept {
  return settings.micro_shards > 0;
}

/// Nothing to say outside the mode.
///   errors  Fault::usage when there are more ranks than micro-shards, or when an option asks for what changes bits
void require_reproducible(const RunSettings& settings, int world);

/// Threads of one operation: another number splits sums in other places, so the mode has one.
int plan_operation_threads(const TrainSettings& settings, int granted_cpus);

}  // namespace hpctrain::train
