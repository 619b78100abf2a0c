#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"

namespace hpctrain::train {
namespace {

std::uint64_t steps_of(double epochs, const RunLength& length) {
  return static_cast<std::uint64_t>(std::llround(epochs * static_cast<double>(length.steps_per_epoch)));
}

/// From `from` to `to` along half a cosine; `done` is 0 … 1.
double anneal(double from, double to, double done) {
  return to + (from - to) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
}

}  // namespace

double plan_peak_lr(double lr, const LrScalingSettings& scaling, std::uint64_t batch) {
  if (scaling.kind == LrScaling::no) return lr;
  return lr * static_cast<double>(batch) / static_cast<double>(scaling.base_batch);
}

Schedule::Schedule(const ScheduleSettings& settings, double peak_lr, const RunLength& length)
    : settings_(settings), peak_lr_(peak_lr), total_steps_(length.total_steps) {
  if (settings.kind != ScheduleKind::one_cycle) warmup_steps_ = steps_of(settings.warmup_epochs, length);
  const auto& epochs = settings.milestones;
  require(settings.kind != ScheduleKind::step || std::is_sorted(epochs.begin(), epochs.end()), Fault::usage,
          "optim.milestones do not rise; give epochs in order, for example --optim.milestones \"30 60 80\"");
  for (const double epoch : epochs) milestones_.push_back(steps_of(epoch, length));
}

double Schedule::lr_at(std::uint64_t step) const {
  if (step < warmup_steps_) return peak_lr_ * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  switch (settings_.kind) {
    case ScheduleKind::constant:
      return peak_lr_;
    case ScheduleKind::step:
      return stepped_lr(step);
    case ScheduleKind::cosine:
      return cosine_lr(step);
    case ScheduleKind::one_cycle:
      return one_cycle_lr(step);
  }
  throw Error(Fault::bug, "schedule kind without a formula");
}

double Schedule::stepped_lr(std::uint64_t step) const {
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), step) - milestones_.begin();
  return peak_lr_ * std::pow(settings_.gamma, static_cast<double>(passed));
}

double Schedule::cosine_lr(std::uint64_t step) const {
  const std::uint64_t decay_steps = total_steps_ > warmup_steps_ ? total_steps_ - warmup_steps_ : 1;
  const double done = std::min(1.0, static_cast<double>(step - warmup_steps_) / static_cast<double>(decay_steps));
  return anneal(peak_lr_, peak_lr_ * settings_.final_fraction, done);
}

double Schedule::one_cycle_lr(std::uint64_t step) const {
  // As torch's OneCycleLR: phases end on steps counted from 0, so the last step has the lowest rate.
  const double first = peak_lr_ / settings_.start_division;
  const auto total = static_cast<double>(total_steps_);
  const double rise_end = std::max(0.0, settings_.rise_fraction * total - 1);
  const double fall_end = std::max(rise_end, total - 1);
  const double now = std::min(static_cast<double>(step), fall_end);
  if (now <= rise_end && rise_end > 0) return anneal(first, peak_lr_, now / rise_end);
  const double done = fall_end > rise_end ? (now - rise_end) / (fall_end - rise_end) : 1.0;
  return anneal(peak_lr_, first / settings_.end_division, done);
}

}  // namespace hpctrain::train
