#include "train/wall_time.hpp"

namespace hpctrain::train {
namespace {

// One step until the wish is made, one until it is read, and a last one for the step that may run while it travels.
constexpr double kStepsUntilStop = 3;
// One that is being written, one behind it, then the last one.
constexpr double kSavesUntilStop = 3;

}  // namespace

double plan_stop_reserve(const WallTimeSettings& settings, const LongestTimes& longest) {
  return kStepsUntilStop * longest.step_seconds + longest.evaluation_seconds + kSavesUntilStop * longest.save_seconds +
         settings.stop_margin_seconds;
}

bool must_stop_for_wall_time(const WallTimeSettings& settings, const LongestTimes& longest, double now_unix) {
  if (!settings.job_end_unix) return false;
  return now_unix + plan_stop_reserve(settings, longest) >= *settings.job_end_unix;
}

}  // namespace hpctrain::train
