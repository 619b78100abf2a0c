// Who trains on what: cuts the sample order into global batches, a global batch into shares of ranks, a share into
// micro-batches. Pure arithmetic, so the whole schedule of a job can be tested in microseconds.
#pragma once

#include <cstdint>
#include <optional>

namespace hpctrain::data {

/// How an epoch is shuffled. `automatic` decides by the manifest alone, never by the node at hand.
enum class Order {
  automatic,
  full,      ///< one permutation of the whole split per epoch
  windowed,  ///< permutations inside windows of a few shards each: what is read at one time lies close together
};

enum class Tail {
  short_batch,  ///< the last global batch of an epoch may be short; it is weighted by its true count
  drop,         ///< samples that do not fill a global batch are skipped in this epoch
};

/// The resume token of the sample order: the next global batch starts here.
struct Cursor {
  std::uint64_t epoch = 0;
  std::uint64_t position = 0;  ///< in samples, within the epoch

  bool operator==(const Cursor&) const = default;
};

struct GlobalBatch {
  std::uint64_t epoch = 0;
  std::uint64_t first_position = 0;
  std::uint64_t count = 0;  ///< samples over all ranks
  bool ends_epoch = false;
  Cursor next;  ///< where the following batch starts

  bool operator==(const GlobalBatch&) const = default;
};

/// A run of consecutive samples of one global batch.
struct Share {
  std::uint64_t first = 0;  ///< counted from the batch's first sample
  std::uint64_t count = 0;

  bool operator==(const Share&) const = default;
};

/// errors  Fault::usage when tail is drop and batch > num_samples
std::uint64_t steps_per_epoch(std::uint64_t num_samples, std::uint64_t batch, Tail tail);

/// The global batch that starts at `cursor`; a cursor in a dropped tail moves to the next epoch.
GlobalBatch plan_global_batch(std::uint64_t num_samples, std::uint64_t batch, Tail tail, Cursor cursor);

/// Sample i of a batch of b goes to rank floor(i·world/b): contiguous, sizes differ by at most one.
Share plan_share(std::uint64_t batch_count, int rank, int world);

/// The most micro-steps that any rank needs; ranks with fewer samples run empty ones.
std::uint64_t plan_micro_steps(std::uint64_t batch_count, int world, std::uint64_t micro_batch);

/// Part of `share` in micro-step m; empty past its end.
Share plan_micro_share(Share share, std::uint64_t micro_step, std::uint64_t micro_batch);

/// Numbers of the micro-shards that a rank computes, where a batch is cut into `micro_shards` parts whatever the world.
Share plan_own_micro_shards(std::uint64_t micro_shards, int rank, int world);

/// Samples of one micro-shard; none where the batch has fewer samples than there are micro-shards.
Share plan_micro_shard(std::uint64_t batch_count, std::uint64_t micro_shards, std::uint64_t number);

}  // namespace hpctrain::data
