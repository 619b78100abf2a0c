#include "train/micro_batch_plan.hpp"

#include <algorithm>

namespace hpctrain::train {
namespace {

constexpr double kUsableShare = 0.9;

}  // namespace

double bytes_per_sample(const MemoryPoint& fewer, const MemoryPoint& more) {
  return (static_cast<double>(more.bytes) - static_cast<double>(fewer.bytes)) /
         static_cast<double>(more.samples - fewer.samples);
}

std::uint64_t plan_largest_micro_batch(const MemoryPoint& fewer, const MemoryPoint& more, std::uint64_t budget_bytes,
                                       std::uint64_t most) {
  const double per_sample = bytes_per_sample(fewer, more);
  const double usable = kUsableShare * static_cast<double>(budget_bytes);
  const double left = usable - static_cast<double>(more.bytes);
  // Samples that cost nothing: the peak lies elsewhere.
  if (per_sample <= 0) return left >= 0 ? most : 1;
  const double samples = static_cast<double>(more.samples) + left / per_sample;
  if (samples >= static_cast<double>(most)) return most;
  return samples < 1 ? 1 : static_cast<std::uint64_t>(samples);
}

}  // namespace hpctrain::train
