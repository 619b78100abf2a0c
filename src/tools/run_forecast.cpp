#include "tools/run_forecast.hpp"

#include <algorithm>

#include "data/batch_plan.hpp"

namespace hpctrain::tools {

std::optional<TimeAtRanks> plan_time_at_ranks(const StepCost& cost, const RunShape& shape, const Cluster& cluster,
                                              int ranks) {
  if (shape.batch < static_cast<std::uint64_t>(ranks)) return std::nullopt;
  TimeAtRanks time{.ranks = ranks};
  // The rank with most samples decides.
  std::uint64_t share = 0;
  for (int rank = 0; rank < ranks; ++rank) share = std::max(share, data::plan_share(shape.batch, rank, ranks).count);
  time.micro_batch = std::min(share, shape.micro_batch.value_or(share));
  time.micro_steps = data::plan_micro_steps(shape.batch, ranks, time.micro_batch);

  const double once =
      static_cast<double>(time.micro_steps) * cost.fixed_seconds + static_cast<double>(share) * cost.seconds_per_sample;
  const bool has_two_passes = cost.runs_forward_twice && time.micro_steps > 1;
  const double computing = has_two_passes ? once * (2 - cost.backward_share) : once;
  const std::uint64_t last = share - (time.micro_steps - 1) * time.micro_batch;
  const double backward = cost.backward_share * cost.micro_step_seconds(static_cast<double>(last));
  std::vector<BucketTime> buckets = cost.buckets;
  for (auto& bucket : buckets) {
    bucket.ready_seconds *= backward;
    time.communication_seconds += sum_seconds(cluster, ranks, bucket.bytes);
  }
  time.exposed_seconds =
      exposed_seconds(buckets, backward, [&](double bytes) { return sum_seconds(cluster, ranks, bytes); });
  time.step_seconds = computing + cost.update_seconds + time.exposed_seconds;
  time.epoch_seconds = time.step_seconds * static_cast<double>(shape.samples) / static_cast<double>(shape.batch);
  time.run_seconds = time.epoch_seconds * static_cast<double>(shape.total_steps) /
                     static_cast<double>(std::max<std::uint64_t>(1, shape.steps_per_epoch));
  return time;
}

void fit_step_cost(StepCost& cost, double samples, double seconds, double more_samples, double more_seconds) {
  cost.seconds_per_sample = std::max(0.0, (more_seconds - seconds) / (more_samples - samples));
  cost.fixed_seconds = std::max(0.0, more_seconds - cost.seconds_per_sample * more_samples);
  // Noise of a small micro-step must not become time per sample out of nothing.
  cost.seconds_per_sample = (more_seconds - cost.fixed_seconds) / more_samples;
}

}  // namespace hpctrain::tools
