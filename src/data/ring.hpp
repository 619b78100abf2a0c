// The slots of a loader and their hand-over: free → being filled, by reader threads and who waits → ready → leased →
// free. Slots are filled in chunks, so that all threads work on the micro-batch that is needed first, and leave in the
// order of the plan. Knows neither shards nor digests.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "data/loader.hpp"
#include "data/micro_batch_planner.hpp"

namespace hpctrain::data {

/// Some consecutive samples of one micro-batch, for one thread to fill.
struct Chunk {
  std::size_t slot = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_position = 0;  ///< within the epoch
  std::uint64_t count = 0;
  std::vector<std::byte*> destinations;  ///< where its first sample goes: ids, then each field
};

struct RingSettings {
  std::size_t slots = 3;
  std::uint64_t micro_batch = 0;  ///< most samples of a slot
  std::uint64_t samples_per_chunk = 1;
  bool is_copied = false;                ///< rows are copied as they are stored
  std::vector<std::uint64_t> row_bytes;  ///< per field
};

/// What a consumer does while its micro-batch is not ready.
struct Waiting {
  double stall_seconds = 0;        ///< when it took longer, something is said; 0: never
  std::function<void()> on_stall;  ///< says it, once; may be empty where that is never
  /// Fills and finishes a chunk as a reader thread does; empty: it sleeps. For slots of up to 4 MiB.
  std::function<void(const Chunk&)> fill;
};

class Ring {
 public:
  /// Allocates every slot now; `allocator` must outlive the ring.
  Ring(const RingSettings& settings, const MicroBatchPlanner& planner, SlotAllocator& allocator);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// (reader threads) The next piece of work; empty after stop().   blocks  until there is some
  std::optional<Chunk> take_chunk();
  /// (who took it) `error` empty: the chunk is filled.
  void finish_chunk(const Chunk& chunk, std::exception_ptr error);

  /// (consumer) The slot of the next micro-batch, leased; empty when the plan is over.
  ///   blocks  until it is filled
  ///   errors  what finish_chunk was given; again at every further call until restart()
  /// `waiting` says what is done meanwhile, without the lock.
  std::optional<std::size_t> next_slot(const Waiting& waiting = {});
  const MicroBatch& content(std::size_t slot) const { return slots_[slot].content; }
  void release(std::size_t slot) noexcept;

  /// Drops what is not leased and plans on from `cursor`.   blocks  until chunks under way are finished
  void restart(Cursor cursor);
  void stop() noexcept;

  LoaderCounters counters() const;

 private:
  struct Slot {
    std::byte* memory = nullptr;
    MicroBatch content;
    std::uint64_t taken = 0;  // samples given out in chunks
    std::uint64_t filled = 0;
    std::exception_ptr error;

    bool is_ready() const noexcept { return filled == content.count; }
  };
  bool has_chunk();
  bool open_slot();
  Chunk cut_chunk(std::size_t number);
  std::size_t column_offset(std::size_t column) const;
  bool is_decided() const {
    return is_front_ready() || (is_plan_over_ && pending_.empty()) || leased_ == slots_.size();
  }
  void wait_until_decided(std::unique_lock<std::mutex>& lock, const Waiting& waiting);
  void fill_until_decided(std::unique_lock<std::mutex>& lock, const std::function<void(const Chunk&)>& fill);
  bool is_front_ready() const { return !pending_.empty() && slots_[pending_.front()].is_ready(); }

  RingSettings settings_;
  SlotAllocator& allocator_;
  std::byte* memory_ = nullptr;  // of all slots
  std::uint64_t sample_bytes_ = 0;
  bool is_woken_for_several_ = false;  // readers sleep beside few free slots
  bool is_filled_in_wait_ = false;     // by the consumer too

  mutable std::mutex mutex_;
  std::condition_variable work_;   // readers wait
  std::condition_variable ready_;  // the consumer waits, in next_slot and restart
  MicroBatchPlanner planner_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  std::deque<std::size_t> pending_;     // in the order of the plan: filled or being filled
  std::optional<std::size_t> filling_;  // has samples that no thread has taken yet
  std::size_t leased_ = 0;
  std::size_t chunks_under_way_ = 0;
  bool is_plan_over_ = false;
  bool is_restarting_ = false;
  bool is_stopped_ = false;
  LoaderCounters counters_;
};

}  // namespace hpctrain::data
