#include "train/time_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text_format.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint64_t kStepsToMeasure = 20;
constexpr double kSecondsToMeasure = 3;

}  // namespace

TimeForecast plan_time_forecast(double needed_seconds, double budget_seconds, double whole_budget_seconds) {
  TimeForecast forecast{needed_seconds, std::max(budget_seconds, 0.0), 0};
  const double later = needed_seconds - forecast.budget_seconds;
  // A start of less than a second would never get on; the stop itself says so then.
  if (later > 0) {
    forecast.more_starts = static_cast<std::uint64_t>(std::ceil(later / std::max(whole_budget_seconds, 1.0)));
  }
  return forecast;
}

std::string describe_time_forecast(const TimeForecast& forecast, std::uint64_t steps_left) {
  const std::string ending = forecast.more_starts == 0 ? "the run ends in this job"
                                                       : fmt::format("about {} more start{}", forecast.more_starts,
                                                                     forecast.more_starts == 1 ? "" : "s");
  return fmt::format("{} steps left need {}; this job must stop in {}: {}", format_count(steps_left),
                     format_duration(forecast.needed_seconds), format_duration(forecast.budget_seconds), ending);
}

ForecastOnce::ForecastOnce(const WallTimeSettings& settings, std::uint64_t total_steps, double now_unix)
    : total_steps_(total_steps) {
  if (!settings.job_end_unix) return;
  stop_unix_ = *settings.job_end_unix - settings.stop_margin_seconds;
  whole_budget_seconds_ = *stop_unix_ - now_unix;
}

std::optional<std::string> ForecastOnce::note_step(std::uint64_t step, double now_unix) {
  if (!stop_unix_ || step >= total_steps_) return std::nullopt;
  if (!first_step_) {
    first_step_ = step;
    first_unix_ = now_unix;
    return std::nullopt;
  }
  const std::uint64_t measured = step - *first_step_;
  const double seconds = now_unix - first_unix_;
  if (measured < kStepsToMeasure || seconds < kSecondsToMeasure) return std::nullopt;
  const std::uint64_t left = total_steps_ - step;
  const double needed = static_cast<double>(left) * seconds / static_cast<double>(measured);
  const double budget = *stop_unix_ - now_unix;
  stop_unix_.reset();
  return describe_time_forecast(plan_time_forecast(needed, budget, whole_budget_seconds_), left);
}

}  // namespace hpctrain::train
