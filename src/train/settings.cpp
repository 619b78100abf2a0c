#include "train/settings.hpp"

#include <algorithm>

namespace hpctrain::train {

std::uint64_t plan_micro_batch(const TrainSettings& settings, int world) {
  const auto ranks = static_cast<std::uint64_t>(world);
  const std::uint64_t share = (settings.batch + ranks - 1) / ranks;
  return std::min(share, settings.micro_batch.value_or(share));
}

}  // namespace hpctrain::train
