// Arithmetic of the three orders. All of it is part of a run's identity: never change it.
#include "data/sample_order.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/integer_division.hpp"
#include "core/philox.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint32_t kOrderOperation = 0x6f726465;   // "orde": apart from every augmentation's draws
constexpr std::uint32_t kShardOperation = 0x73686172;   // "shar"
constexpr std::uint32_t kWindowOperation = 0x77696e64;  // "wind"
constexpr std::uint64_t kMostBytesOfFull = 64ull << 30;

std::uint64_t split_bytes(const DatasetIndex& index, const Split& split) {
  std::uint64_t bytes = 0;
  for (std::uint64_t s = 0; s < split.shard_count; ++s) bytes += index.shards[split.first_shard + s].file_bytes;
  return bytes;
}

}  // namespace

Order plan_order(Order wish, const DatasetIndex& index, const Split& split) {
  if (wish != Order::automatic) return wish;
  return split_bytes(index, split) <= kMostBytesOfFull ? Order::full : Order::windowed;
}

std::vector<std::uint64_t> rows_of_shards(const DatasetIndex& index, const Split& split) {
  std::vector<std::uint64_t> rows;
  for (std::uint64_t s = 0; s < split.shard_count; ++s) {
    rows.push_back(index.shards[split.first_shard + s].num_samples);
  }
  return rows;
}

EpochOrder::EpochOrder(const SampleOrder& order, std::uint64_t epoch) : order_(order), epoch_(epoch) {
  if (order.kind_ == SampleOrder::Kind::full) {
    permutation_.emplace(order.num_samples_, derive_key(order.seed_, epoch, kOrderOperation));
  }
  if (order.kind_ != SampleOrder::Kind::windowed) return;
  const std::uint64_t shards = order.rows_of_shards_.size();
  const FeistelPermutation visited(shards, derive_key(order.seed_, epoch, kShardOperation));
  std::uint64_t rows = 0;
  for (std::uint64_t i = 0; i < shards; ++i) {
    visited_shards_.push_back(visited(i));
    visited_rows_.push_back(rows);
    rows += order.rows_of_shards_[visited_shards_.back()];
  }
}

RowInSplit EpochOrder::row_at(std::uint64_t position) const {
  require_invariant(position < order_.num_samples_, "a position lies inside its epoch");
  if (permutation_) return (*permutation_)(position);
  return order_.kind_ == SampleOrder::Kind::windowed ? windowed_row_at(position) : position;
}

void EpochOrder::rows_from(std::uint64_t first, std::span<RowInSplit> rows) const {
  if (permutation_) return permutation_->permute(first, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = row_at(first + i);
}

RowInSplit EpochOrder::windowed_row_at(std::uint64_t position) const {
  const std::uint64_t streams = order_.streams_;
  const std::uint64_t stream = position % streams;
  const std::uint64_t place = position / streams;
  // The first (samples % streams) streams are one row longer.
  const std::uint64_t even_rows = order_.num_samples_ / streams;
  const std::uint64_t longer = order_.num_samples_ % streams;
  const std::uint64_t stream_begin = stream * even_rows + std::min(stream, longer);
  const std::uint64_t stream_rows = even_rows + (stream < longer ? 1 : 0);
  const std::uint64_t window = place / order_.window_rows_;
  const std::uint64_t window_begin = window * order_.window_rows_;
  const std::uint64_t window_rows = std::min(order_.window_rows_, stream_rows - window_begin);
  CounterStream draws(order_.seed_, epoch_, stream_begin + window_begin, kWindowOperation);
  const FeistelPermutation inside(window_rows, draws.next_u64());
  const std::uint64_t line = stream_begin + window_begin + inside(place - window_begin);
  const auto after = std::upper_bound(visited_rows_.begin(), visited_rows_.end(), line);
  const auto visit = static_cast<std::size_t>(after - visited_rows_.begin()) - 1;
  return order_.first_rows_[visited_shards_[visit]] + (line - visited_rows_[visit]);
}

SampleOrder::SampleOrder(Kind kind, std::uint64_t num_samples, std::uint64_t seed)
    : kind_(kind), num_samples_(num_samples), seed_(seed) {}

SampleOrder SampleOrder::packed(std::uint64_t num_samples) {
  return {Kind::packed, num_samples, 0};
}

SampleOrder SampleOrder::full(std::uint64_t num_samples, std::uint64_t seed) {
  return {Kind::full, num_samples, seed};
}

SampleOrder SampleOrder::windowed(std::vector<std::uint64_t> rows_of_shards, std::uint64_t seed, WindowedOrder shape) {
  require_invariant(shape.streams > 0 && shape.shards_per_window > 0, "an order has streams and windows");
  SampleOrder order(Kind::windowed, 0, seed);
  for (const std::uint64_t rows : rows_of_shards) {
    order.first_rows_.push_back(order.num_samples_);
    order.num_samples_ += rows;
  }
  require_invariant(order.num_samples_ > 0, "an epoch has samples");
  const std::uint64_t shards = rows_of_shards.size();
  order.streams_ = std::min(shape.streams, order.num_samples_);
  order.window_rows_ = divide_up(order.num_samples_, shards) * shape.shards_per_window;
  order.rows_of_shards_ = std::move(rows_of_shards);
  return order;
}

RowInSplit SampleOrder::row_at(std::uint64_t epoch, std::uint64_t position) const {
  return in_epoch(epoch).row_at(position);
}

SampleOrder make_sample_order(Order wish, bool shuffled, std::uint64_t seed, const DatasetIndex& index,
                              const Split& split) {
  if (!shuffled) return SampleOrder::packed(split.num_samples);
  if (plan_order(wish, index, split) == Order::full) return SampleOrder::full(split.num_samples, seed);
  return SampleOrder::windowed(rows_of_shards(index, split), seed);
}

}  // namespace hpctrain::data
