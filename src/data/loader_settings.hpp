// What a loader is told: what decides the samples, what decides the speed, and the doors through which other rooms take
// part. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "data/batch_plan.hpp"
#include "data/image_window.hpp"
#include "data/shard_locator.hpp"

namespace hpctrain::data {

/// When the digest of a 1 MiB block is checked.
enum class Verify {
  off,
  staged,  ///< copies as they are made; where the data set lies, at the job's first read of the block
  touch,   ///< at the job's first read of the block, of copies too
};

/// How rows are read. The bytes that come out are the same.
enum class Engine {
  automatic,  ///< mmap on a local disk, pread elsewhere
  mmap,       ///< shards are mapped; the page cache is the only copy
  pread,      ///< one read call for each run of neighbouring rows
};

/// What decides which samples arrive in which order, and what is in them.
struct LoaderPlan {
  std::string split = "train";
  std::uint64_t seed = 0;
  std::uint64_t batch = 0;        ///< global batch, samples
  std::uint64_t micro_batch = 0;  ///< most samples of one rank in one micro-step
  /// Parts of every global batch, each a micro-step of its own of at most micro_batch samples, the same for any number
  /// of ranks up to theirs; 0: a rank's share is cut by micro_batch.
  std::uint64_t micro_shards = 0;
  Tail tail = Tail::short_batch;
  bool shuffled = true;
  std::optional<std::uint64_t> epochs;       ///< next() ends before epoch number `epochs`; unset: never (training)
  std::optional<std::uint64_t> max_samples;  ///< only the first so many positions of each epoch (eval.max-samples)
  Order order = Order::automatic;            ///< of shuffled epochs
  std::optional<ImageSize> image_size;       ///< encoded pictures are resized to it; unset: what the schema says
};

/// What decides how fast.
struct LoaderSettings {
  int threads = 1;  ///< reader threads of this rank
  int depth = 4;    ///< micro-batches read ahead
  Verify verify = Verify::touch;
  Engine engine = Engine::automatic;
  double stall_warning_seconds = 30;  ///< next() says once where it waits when that takes longer; 0: never
};

/// Where slots come from: ordinary memory here, pinned memory from `device`.
class SlotAllocator {
 public:
  virtual ~SlotAllocator() = default;
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void release(std::byte* memory) noexcept = 0;
};
SlotAllocator& host_slot_allocator();

/// The doors of a loader. All of it may be left as it is.
struct LoaderSeams {
  SlotAllocator* allocator = nullptr;            ///< none: host_slot_allocator()
  ShardLocator* locator = nullptr;               ///< none: shards are read where the data set lies
  const ImageWindowPlan* window_plan = nullptr;  ///< none: whole pictures, resized
};

}  // namespace hpctrain::data
