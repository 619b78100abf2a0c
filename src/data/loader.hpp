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

namespace hpctrain::data {

enum class Verify { off, touch };  ///< touch: a 1 MiB block is hashed when the job first reads from it

/// What decides which samples arrive in which order.
struct LoaderPlan {
  std::string split = "train";
  std::uint64_t seed = 0;
  std::uint64_t batch = 0;        ///< global batch, samples
  std::uint64_t micro_batch = 0;  ///< most samples of one rank in one micro-step
  Tail tail = Tail::short_batch;
  bool shuffled = true;
  std::optional<std::uint64_t> epochs;       ///< next() ends before epoch number `epochs`; unset: never (training)
  std::optional<std::uint64_t> max_samples;  ///< only the first so many positions of each epoch (eval.max-samples)
};

/// What decides how fast.
struct LoaderSettings {
  int threads = 1;  ///< reader threads of this rank
  int depth = 4;    ///< micro-batches read ahead
  Verify verify = Verify::touch;
};

/// Where slots come from: ordinary memory here, pinned memory from `device`.
class SlotAllocator {
 public:
  virtual ~SlotAllocator() = default;
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void release(std::byte* memory) noexcept = 0;
};
SlotAllocator& host_slot_allocator();

/// One micro-step's samples of this rank, in a slot of the ring. The slot goes back when the lease is destroyed; there
/// are depth + 2 slots, and a job that holds them all gets Fault::bug from next(), not a standstill.
struct MicroBatch {
  GlobalBatch batch;                             ///< the global batch it belongs to
  std::uint64_t micro_step = 0;                  ///< 0 … micro_steps-1
  std::uint64_t micro_steps = 1;                 ///< equal on all ranks
  std::uint64_t first_in_batch = 0;              ///< place of its first sample in the global batch
  std::uint64_t count = 0;                       ///< samples here; may be 0
  std::span<const std::uint64_t> sample_ids;     ///< [count]
  std::vector<std::span<const std::byte>> rows;  ///< per field of the index: count · row_bytes bytes

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

/// Always measured; read at any time.
struct LoaderCounters {
  double wait_seconds = 0;    ///< time next() was blocked
  std::uint64_t samples = 0;  ///< handed out on this rank
  std::uint64_t bytes = 0;    ///< copied into slots
  std::uint64_t blocks_verified = 0;
  std::size_t ready_batches = 0;  ///< filled slots at this moment
};

class Loader {
 public:
  ///   errors  Fault::usage  batch larger than the split with tail drop, more ranks than samples in the global batch
  ///           Fault::data   empty split; a shard missing, or of another size than the index says; a field not dense
  Loader(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSettings& settings, const Placement& placement,
         SlotAllocator& allocator = host_slot_allocator());
  ~Loader();

  /// Drops what was read ahead; the next micro-batch is the first of the global batch at `cursor`.
  void seek(Cursor cursor);

  /// The next micro-batch in order; empty after the last epoch of the plan.
  ///   blocks  until it is read
  ///   errors  Fault::data naming shard, field and samples when a block's digest is wrong or a file was cut short
  std::optional<BatchLease> next();

  std::uint64_t num_samples() const noexcept;      ///< of the split, after max_samples
  std::uint64_t steps_per_epoch() const noexcept;  ///< global batches
  LoaderCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpctrain::data
