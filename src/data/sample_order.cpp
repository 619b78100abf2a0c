// One Feistel permutation of the split per epoch.
#include "data/sample_order.hpp"

#include "core/error.hpp"
#include "core/philox.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint32_t kOrderOperation = 0x6f726465;  // "orde": apart from every augmentation's draws

}  // namespace

EpochOrder::EpochOrder(std::uint64_t num_samples, std::uint64_t seed, std::uint64_t epoch, bool shuffled)
    : num_samples_(num_samples) {
  if (shuffled) permutation_.emplace(num_samples, derive_key(seed, epoch, kOrderOperation));
}

RowInSplit EpochOrder::row_at(std::uint64_t position) const {
  require_invariant(position < num_samples_, "a position lies inside its epoch");
  return permutation_ ? (*permutation_)(position) : position;
}

SampleOrder::SampleOrder(std::uint64_t num_samples, std::uint64_t seed, bool shuffled)
    : num_samples_(num_samples), seed_(seed), shuffled_(shuffled) {}

RowInSplit SampleOrder::row_at(std::uint64_t epoch, std::uint64_t position) const {
  return in_epoch(epoch).row_at(position);
}

}  // namespace hpctrain::data
