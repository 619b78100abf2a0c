// Arithmetic of global batches, shares and micro-batches; see batch_plan.hpp.
#include "data/batch_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/integer_division.hpp"

namespace hpctrain::data {
namespace {

void require_batch(std::uint64_t num_samples, std::uint64_t batch, Tail tail) {
  require(batch > 0, Fault::usage, "train.batch is 0; it must be at least 1");
  require(num_samples > 0, Fault::data, "the split has no samples; pack the data set with records in it");
  require(tail != Tail::drop || batch <= num_samples, Fault::usage,
          fmt::format("train.batch = {} is larger than the {} samples of an epoch, and data.tail = drop would leave "
                      "nothing; set train.batch to {} or less, or data.tail = short",
                      batch, num_samples, num_samples));
}

/// Positions of an epoch that belong to some batch when the epoch is walked from `position`.
std::uint64_t usable_end(std::uint64_t num_samples, std::uint64_t batch, Tail tail, std::uint64_t position) {
  if (tail == Tail::short_batch) return num_samples;
  return position + (num_samples - position) / batch * batch;
}

}  // namespace

std::uint64_t steps_per_epoch(std::uint64_t num_samples, std::uint64_t batch, Tail tail) {
  require_batch(num_samples, batch, tail);
  return tail == Tail::drop ? num_samples / batch : divide_up(num_samples, batch);
}

GlobalBatch plan_global_batch(std::uint64_t num_samples, std::uint64_t batch, Tail tail, Cursor cursor) {
  require_batch(num_samples, batch, tail);
  if (cursor.position >= num_samples || usable_end(num_samples, batch, tail, cursor.position) == cursor.position) {
    cursor = {cursor.epoch + 1, 0};
  }
  const std::uint64_t end = usable_end(num_samples, batch, tail, cursor.position);
  GlobalBatch planned;
  planned.epoch = cursor.epoch;
  planned.first_position = cursor.position;
  planned.count = std::min(batch, end - cursor.position);
  planned.ends_epoch = cursor.position + planned.count == end;
  planned.next =
      planned.ends_epoch ? Cursor{cursor.epoch + 1, 0} : Cursor{cursor.epoch, cursor.position + planned.count};
  return planned;
}

Share plan_share(std::uint64_t batch_count, int rank, int world) {
  require_invariant(world > 0 && rank >= 0 && rank < world, "a rank lies inside its world");
  // floor(i·world/b) >= r holds from i = ceil(r·b/world) on.
  const auto ranks = static_cast<std::uint64_t>(world);
  const std::uint64_t first = divide_up(static_cast<std::uint64_t>(rank) * batch_count, ranks);
  const std::uint64_t end = divide_up((static_cast<std::uint64_t>(rank) + 1) * batch_count, ranks);
  return {first, end - first};
}

std::uint64_t plan_micro_steps(std::uint64_t batch_count, int world, std::uint64_t micro_batch) {
  require_invariant(world > 0 && micro_batch > 0, "a world has ranks and a micro-batch has samples");
  const std::uint64_t largest_share = divide_up(batch_count, static_cast<std::uint64_t>(world));
  return std::max<std::uint64_t>(1, divide_up(largest_share, micro_batch));
}

Share plan_micro_share(Share share, std::uint64_t micro_step, std::uint64_t micro_batch) {
  const std::uint64_t begin = std::min(share.count, micro_step * micro_batch);
  return {share.first + begin, std::min(micro_batch, share.count - begin)};
}

Share plan_own_micro_shards(std::uint64_t micro_shards, int rank, int world) {
  return plan_share(micro_shards, rank, world);
}

Share plan_micro_shard(std::uint64_t batch_count, std::uint64_t micro_shards, std::uint64_t number) {
  return plan_share(batch_count, static_cast<int>(number), static_cast<int>(micro_shards));
}

}  // namespace hpctrain::data
