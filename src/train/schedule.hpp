// The learning rate as a pure function of the step.
#pragma once

#include <cstdint>
#include <vector>

#include "train/progress.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// The peak learning rate of a run: `lr`, or lr · batch / base batch.
///   source  Goyal et al. 2017 (linear scaling)
double plan_peak_lr(double lr, const LrScalingSettings& scaling, std::uint64_t batch);

/// Linear warm-up, then constant, steps down, or a cosine; or one cycle up and down.
///   units   steps count from 0: the value for the update that makes step+1
///   source  Goyal et al. 2017 (warm-up), Loshchilov and Hutter 2017 (cosine), Smith and Topin 2018 (one cycle)
class Schedule {
 public:
  /// errors  Fault::usage when milestones do not rise
  Schedule(const ScheduleSettings& settings, double peak_lr, const RunLength& length);
  double lr_at(std::uint64_t step) const;

 private:
  double stepped_lr(std::uint64_t step) const;
  double cosine_lr(std::uint64_t step) const;
  double one_cycle_lr(std::uint64_t step) const;

  ScheduleSettings settings_;
  double peak_lr_;
  std::uint64_t warmup_steps_ = 0;
  std::uint64_t total_steps_;
  std::vector<std::uint64_t> milestones_;  ///< in steps
};

}  // namespace hpctrain::train
