// The order in which an epoch visits samples: a pure function of (seed, epoch, position), so that any rank of any world
// size can compute any place of it without memory and without having seen the places before.
#pragma once

#include <cstdint>
#include <optional>

#include "core/feistel.hpp"

namespace hpctrain::data {

/// A row inside a split, counted through its shards in manifest order.
using RowInSplit = std::uint64_t;

/// The order of one epoch, its keys derived once: for whoever looks up many positions.
class EpochOrder {
 public:
  EpochOrder(std::uint64_t num_samples, std::uint64_t seed, std::uint64_t epoch, bool shuffled);

  /// cost  O(1), a few Feistel rounds   errors  Fault::bug when position >= num_samples
  RowInSplit row_at(std::uint64_t position) const;

 private:
  std::uint64_t num_samples_;
  std::optional<FeistelPermutation> permutation_;  // none: rows in packed order
};

class SampleOrder {
 public:
  /// `shuffled` false: rows in packed order (evaluation).
  SampleOrder(std::uint64_t num_samples, std::uint64_t seed, bool shuffled);

  std::uint64_t num_samples() const noexcept { return num_samples_; }
  EpochOrder in_epoch(std::uint64_t epoch) const { return {num_samples_, seed_, epoch, shuffled_}; }
  /// errors  Fault::bug when position >= num_samples
  RowInSplit row_at(std::uint64_t epoch, std::uint64_t position) const;

 private:
  std::uint64_t num_samples_;
  std::uint64_t seed_;
  bool shuffled_;
};

}  // namespace hpctrain::data
