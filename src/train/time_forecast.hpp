// Whether a run ends within its job, told once when its steps have been measured. Clock readings are handed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "train/settings.hpp"

namespace hpctrain::train {

struct TimeForecast {
  double needed_seconds = 0;      ///< for the steps that are left
  double budget_seconds = 0;      ///< until the run must stop in this job
  std::uint64_t more_starts = 0;  ///< after this one, each with as much time as this one had
};

/// `whole_budget_seconds`: that this start had when it began, and that each further one is taken to have.
TimeForecast plan_time_forecast(double needed_seconds, double budget_seconds, double whole_budget_seconds);

/// "1,000 steps left need 20 min 00 s; this job must stop in 15 min 00 s: about 1 more start".
std::string describe_time_forecast(const TimeForecast& forecast, std::uint64_t steps_left);

class ForecastOnce {
 public:
  /// Nothing is ever said of a run without a known end.
  ForecastOnce(const WallTimeSettings& settings, std::uint64_t total_steps, double now_unix);

  /// After every step. The line to say, once, when enough steps of this start are measured.
  std::optional<std::string> note_step(std::uint64_t step, double now_unix);

 private:
  std::optional<double> stop_unix_;
  std::uint64_t total_steps_;
  double whole_budget_seconds_ = 0;
  std::optional<std::uint64_t> first_step_;  ///< of this start: it allocates, connects and tunes
  double first_unix_ = 0;                    ///< when it had ended
};

}  // namespace hpctrain::train
