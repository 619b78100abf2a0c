#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hpctrain::train {

Schedule::Schedule(const ScheduleSettings& settings, double base_lr, const RunLength& length)
    : kind_(settings.kind),
      base_lr_(base_lr),
      warmup_steps_(static_cast<std::uint64_t>(
          std::llround(settings.warmup_epochs * static_cast<double>(length.steps_per_epoch)))),
      total_steps_(length.total_steps) {}

double Schedule::lr_at(std::uint64_t step) const {
  if (step < warmup_steps_) return base_lr_ * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  if (kind_ == ScheduleKind::constant) return base_lr_;
  const std::uint64_t decay_steps = total_steps_ > warmup_steps_ ? total_steps_ - warmup_steps_ : 1;
  const double done = std::min(1.0, static_cast<double>(step - warmup_steps_) / static_cast<double>(decay_steps));
  return base_lr_ * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
}

}  // namespace hpctrain::train
