#include "train/settings.hpp"

#include <algorithm>

namespace hpctrain::train {

std::uint64_t plan_micro_batch(const TrainSettings& settings, int world) {
  // The first part is never smaller than another one.
  if (settings.micro_shards > 0) return data::plan_micro_shard(settings.batch, settings.micro_shards, 0).count;
  const std::uint64_t share = data::plan_share(settings.batch, 0, world).count;
  return is_automatic_micro_batch(settings) ? share : std::min(share, settings.micro_batch.value_or(share));
}

}  // namespace hpctrain::train
