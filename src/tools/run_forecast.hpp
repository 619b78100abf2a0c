// How long a run takes on other numbers of ranks, from a step that was timed on one. Pure; measures nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/comm_model.hpp"

namespace hpctrain::tools {

/// What one rank was measured to take. A micro-step of n samples takes fixed + n · per sample.
struct StepCost {
  double fixed_seconds = 0;
  double seconds_per_sample = 0;
  double update_seconds = 0;  ///< of a step, whatever its micro-steps
  double backward_share = 0;  ///< of a micro-step's seconds
  /// A loss over the whole batch: of several micro-steps each runs forward once more, for its gradients.
  bool runs_forward_twice = false;
  /// Buckets in the order in which they leave; moments as fractions of backward.
  std::vector<BucketTime> buckets;

  double micro_step_seconds(double samples) const noexcept { return fixed_seconds + samples * seconds_per_sample; }
};

/// What is to be trained.
struct RunShape {
  std::uint64_t samples = 0;                   ///< of the training split
  std::uint64_t batch = 0;                     ///< global
  std::optional<std::uint64_t> micro_batch{};  ///< unset: a rank's whole share
  std::uint64_t steps_per_epoch = 0;
  std::uint64_t total_steps = 0;
};

struct TimeAtRanks {
  int ranks = 1;
  std::uint64_t micro_steps = 1;
  std::uint64_t micro_batch = 0;
  double step_seconds = 0;
  double communication_seconds = 0;  ///< of a step, were nothing hidden
  double exposed_seconds = 0;        ///< what of it does not fit under backward
  double epoch_seconds = 0;
  double run_seconds = 0;  ///< training alone: without evaluations and checkpoints

  double rank_hours() const noexcept { return ranks * run_seconds / 3600; }
  double samples_per_second(const RunShape& shape) const noexcept {
    return static_cast<double>(shape.batch) / step_seconds;
  }
};

/// Empty where the global batch has fewer samples than there are ranks.
std::optional<TimeAtRanks> plan_time_at_ranks(const StepCost& cost, const RunShape& shape, const Cluster& cluster,
                                              int ranks);

/// Cost of a micro-step from two that were timed, the larger one second; neither constant below zero.
void fit_step_cost(StepCost& cost, double samples, double seconds, double more_samples, double more_seconds);

}  // namespace hpctrain::tools
