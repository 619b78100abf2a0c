#include "train/reproducible_mode.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace hpctrain::train {

void require_reproducible(const RunSettings& settings, int world) {
  const auto& train = settings.train;
  if (!is_reproducible(train)) return;
  require(
      static_cast<std::uint64_t>(world) <= train.micro_shards, Fault::usage,
      fmt::format("train.micro-shards {} is work for at most {} ranks, and there are {}; start fewer ranks, or begin "
                  "a new run with more micro-shards",
                  train.micro_shards, train.micro_shards, world));
  const std::uint64_t largest = plan_micro_batch(train, world);
  require(
      !train.micro_batch || is_automatic_micro_batch(train) || *train.micro_batch >= largest, Fault::usage,
      fmt::format("train.micro-batch {} is less than a micro-shard of {} samples (train.batch {} in {} parts), which "
                  "is computed at once; leave it away, or give more train.micro-shards",
                  train.micro_batch.value_or(0), largest, train.batch, train.micro_shards));
  require(!train.threads || *train.threads == 1, Fault::usage,
          fmt::format("train.threads {} gives other bits than one thread, and train.micro-shards promises the same on "
                      "any node; leave one of them away",
                      train.threads.value_or(1)));
  require(!train.cudnn_benchmark, Fault::usage,
          "train.cudnn-benchmark takes the kernels that happen to be fastest, and train.micro-shards promises the same "
          "bits every time; leave one of them away");
  require(!settings.sync_batch_norm, Fault::usage,
          "model.sync-bn normalises over all ranks, train.micro-shards over each micro-shard whatever the ranks; leave "
          "one of them away");
}

int plan_operation_threads(const TrainSettings& settings, int granted_cpus) {
  return settings.threads.value_or(is_reproducible(settings) ? 1 : granted_cpus);
}

}  // namespace hpctrain::train
