// Whether the scheduler's time limit comes before the next chance to save. Clock readings are handed in: nothing here
// asks a clock or a scheduler.
#pragma once

#include <algorithm>

#include "train/settings.hpp"

namespace hpctrain::train {

/// The longest that each part of the loop took in this start so far; 0 until measured.
struct LongestTimes {
  double step_seconds = 0;
  double evaluation_seconds = 0;
  double save_seconds = 0;

  void note_step(double seconds) { step_seconds = std::max(step_seconds, seconds); }
  void note_evaluation(double seconds) { evaluation_seconds = std::max(evaluation_seconds, seconds); }
  void note_save(double seconds) { save_seconds = std::max(save_seconds, seconds); }
};

/// Seconds needed from a step boundary on until a checkpoint is surely on disk when a stop is wished at the *following*
/// boundary: that wish is read one boundary later still, and an evaluation may come first.
double plan_stop_reserve(const WallTimeSettings& settings, const LongestTimes& longest);

/// True when a stop must be wished now; waiting for another step may be too late. Never without a known end.
bool must_stop_for_wall_time(const WallTimeSettings& settings, const LongestTimes& longest, double now_unix);

}  // namespace hpctrain::train
