// The loader of one rank: planner (pure, runs ahead) → reader threads → ring of batch slots allocated once → next().
// Host memory only; pinned memory comes through SlotAllocator. Knows no MPI and no torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/placement.hpp"
#include "data/batch_plan.hpp"
#include "data/dataset_index.hpp"
#include "data/loader_settings.hpp"

namespace hpctrain::data {

/// One micro-step's samples of this rank, in a slot of the ring. The slot goes back when the lease is destroyed; there
/// are depth + 2 slots, and a job that holds them all gets Fault::bug from next(), not a standstill.
struct MicroBatch {
  GlobalBatch batch;                             ///< the global batch it belongs to
  std::uint64_t micro_step = 0;                  ///< 0 … micro_steps-1
  std::uint64_t micro_steps = 1;                 ///< equal on all ranks
  std::uint64_t first_in_batch = 0;              ///< place of its first sample in the global batch
  std::uint64_t count = 0;                       ///< samples here; may be 0
  std::span<const std::uint64_t> sample_ids;     ///< [count]
  std::vector<std::span<const std::byte>> rows;  ///< per delivered field: count · row_bytes bytes

  bool is_last_of_step() const noexcept { return micro_step + 1 == micro_steps; }
};

class Ring;  // slots and their hand-over

class BatchLease {
 public:
  BatchLease(std::shared_ptr<Ring> ring, std::size_t slot);
  BatchLease(BatchLease&&) noexcept;
  BatchLease& operator=(BatchLease&&) noexcept;
  ~BatchLease();

  const MicroBatch& operator*() const;
  const MicroBatch* operator->() const { return &**this; }

 private:
  std::shared_ptr<Ring> ring_;
  std::size_t slot_;
};

/// Always measured; read at any time. Their difference over a step is the step's own.
struct LoaderCounters {
  double wait_seconds = 0;             ///< time next() took because its micro-batch was not ready
  double decode_seconds = 0;           ///< of all threads together, in pictures
  std::uint64_t samples = 0;           ///< handed out on this rank
  std::uint64_t bytes = 0;             ///< put into slots
  std::uint64_t source_bytes = 0;      ///< read where the data set lies
  std::uint64_t node_cache_bytes = 0;  ///< read from the node's copy
  std::uint64_t blocks_verified = 0;   ///< digests that held
  std::uint64_t verify_failures = 0;   ///< digests that did not, and files that were cut short
  std::uint64_t stalls = 0;            ///< waits of next() longer than stall_warning_seconds
  std::size_t ready_batches = 0;       ///< filled slots at this moment
};

class Loader {
 public:
  /// What `seams` refers to must outlive the loader.
  ///   errors  Fault::usage  batch larger than the split with tail drop, more ranks than samples in the global batch,
  ///                         pictures of unknown size without image_size or window plan
  ///           Fault::data   empty split; a shard missing, or of another size than the index says; a ragged field
  Loader(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSettings& settings, const Placement& placement,
         const LoaderSeams& seams = {});
  ~Loader();

  /// Drops what was read ahead; the next micro-batch is the first of the global batch at `cursor`.
  void seek(Cursor cursor);

  /// The next micro-batch in order; empty after the last epoch of the plan.
  ///   blocks  until it is read
  ///   errors  Fault::data naming shard, field and samples when a block's digest is wrong or a file was cut short
  std::optional<BatchLease> next();

  /// Every shard still holds what its digests say: to be called before anything made of what was read is kept.
  ///   blocks  one stat call for each shard; a shard that was written to is read and hashed as a whole
  ///   errors  Fault::data naming a shard that is no longer what it was
  void require_unchanged_shards();

  std::uint64_t num_samples() const noexcept;      ///< of the split, after max_samples
  std::uint64_t steps_per_epoch() const noexcept;  ///< global batches
  LoaderCounters counters() const;
  /// What the rows of a micro-batch are, in the order of MicroBatch::rows.
  const std::vector<FieldSchema>& fields() const noexcept;
  /// Never automatic: what is used where the data set lies.
  Engine engine() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpctrain::data
