// The learning rate as a pure function of the step.
#pragma once

#include <cstdint>

#include "train/progress.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// Linear warm-up, then constant or half a cosine down to zero at the last step.
///   units   steps count from 0: the value for the update that makes step+1
///   source  Loshchilov and Hutter 2017 (cosine), Goyal et al. 2017 (warm-up)
class Schedule {
 public:
  Schedule(const ScheduleSettings& settings, double base_lr, const RunLength& length);
  double lr_at(std::uint64_t step) const;

 private:
  ScheduleKind kind_;
  double base_lr_;
  std::uint64_t warmup_steps_;
  std::uint64_t total_steps_;
};

}  // namespace hpctrain::train
