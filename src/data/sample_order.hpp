// The order in which an epoch visits samples: a pure function of (seed, epoch, position), so that any rank of any world
// size can compute any place of it without memory and without having seen the places before.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/feistel.hpp"
#include "data/batch_plan.hpp"
#include "data/dataset_index.hpp"

namespace hpctrain::data {

/// A row inside a split, counted through its shards in manifest order.
using RowInSplit = std::uint64_t;

/// What a windowed order is made of; part of the run's identity, so never derived from the world.
struct WindowedOrder {
  std::uint64_t streams = 64;           ///< canonical streams; positions are dealt to them in turn
  std::uint64_t shards_per_window = 8;  ///< samples are permuted inside about so many shards
};

/// full or windowed: by the bytes of the split alone, never by the node at hand.
Order plan_order(Order wish, const DatasetIndex& index, const Split& split);

/// Numbers of rows of the split's shards.
std::vector<std::uint64_t> rows_of_shards(const DatasetIndex& index, const Split& split);

class SampleOrder;

/// The order of one epoch, its keys derived once: for whoever looks up many positions. Must not outlive its
/// SampleOrder.
class EpochOrder {
 public:
  EpochOrder(const SampleOrder& order, std::uint64_t epoch);

  /// cost  O(1), a few Feistel rounds; windowed: and a search among the shards
  /// errors  Fault::bug when position >= num_samples
  RowInSplit row_at(std::uint64_t position) const;
  /// Rows of positions first, first + 1, …: the same, several at once.
  void rows_from(std::uint64_t first, std::span<RowInSplit> rows) const;

 private:
  RowInSplit windowed_row_at(std::uint64_t position) const;

  const SampleOrder& order_;
  std::uint64_t epoch_;
  std::optional<FeistelPermutation> permutation_;  // full: of rows; none: packed order
  std::vector<std::uint64_t> visited_shards_;      // windowed: shards in the order of this epoch
  std::vector<std::uint64_t> visited_rows_;        // windowed: rows before each of them
};

class SampleOrder {
 public:
  /// Rows in packed order (evaluation).
  static SampleOrder packed(std::uint64_t num_samples);
  /// One permutation of all rows in each epoch.
  static SampleOrder full(std::uint64_t num_samples, std::uint64_t seed);
  /// Shards are permuted and joined to one line of rows, the line is cut into equal streams, a stream into windows, and
  /// rows are permuted inside each window. Position p is place p / streams of stream p % streams.
  static SampleOrder windowed(std::vector<std::uint64_t> rows_of_shards, std::uint64_t seed, WindowedOrder shape = {});

  std::uint64_t num_samples() const noexcept { return num_samples_; }
  EpochOrder in_epoch(std::uint64_t epoch) const { return {*this, epoch}; }
  /// errors  Fault::bug when position >= num_samples
  RowInSplit row_at(std::uint64_t epoch, std::uint64_t position) const;

 private:
  friend class EpochOrder;
  enum class Kind { packed, full, windowed };
  SampleOrder(Kind kind, std::uint64_t num_samples, std::uint64_t seed);

  Kind kind_;
  std::uint64_t num_samples_;
  std::uint64_t seed_;
  std::uint64_t streams_ = 1;
  std::uint64_t window_rows_ = 1;
  std::vector<std::uint64_t> first_rows_;      // windowed: of each shard, in manifest order
  std::vector<std::uint64_t> rows_of_shards_;  // windowed
};

/// The order that a plan asks for.
SampleOrder make_sample_order(Order wish, bool shuffled, std::uint64_t seed, const DatasetIndex& index,
                              const Split& split);

}  // namespace hpctrain::data
