// Ranks meet in slots, one for each sum under way. A slot counts who has arrived; from then on every rank that comes by
// takes chunks until none is left. Sleeping ranks wait on the counters themselves (futex), so nothing spins.
#include "comm/shared_reduction.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/integer_division.hpp"

namespace hpctrain::comm {

namespace {

using Counter = std::atomic<std::uint32_t>;
static_assert(sizeof(Counter) == 4 && Counter::is_always_lock_free);

constexpr std::uint64_t kSlots = 128;
constexpr std::size_t kChunkElements = std::size_t{1} << 15;
constexpr std::size_t kBlockElements = 1024;
constexpr std::chrono::microseconds kBusyTime{50};
constexpr long kLookAroundNanoseconds = 100'000'000;

/// Until `word` is no longer `seen`, or for a tenth of a second.
void sleep_while(const Counter& word, std::uint32_t seen) {
  const timespec timeout{0, kLookAroundNanoseconds};
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}

void wake_all(const Counter& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, std::int32_t{1} << 30, nullptr, nullptr, 0);
}

/// Sums of one block in rank order. A count known to the compiler is what lets it use vectors.
template <typename T, std::size_t kCount>
void add_block(const SharedMemory& memory, int size, std::size_t offset_bytes, std::size_t count) {
  std::array<T, kBlockElements> sum;
  T* const total = sum.data();
  std::memcpy(total, memory.part(0) + offset_bytes, count * sizeof(T));
  for (int rank = 1; rank < size; ++rank) {
    const T* __restrict from = reinterpret_cast<const T*>(memory.part(rank) + offset_bytes);
    const std::size_t elements = kCount > 0 ? kCount : count;
    for (std::size_t i = 0; i < elements; ++i) total[i] += from[i];
  }
  for (int rank = 0; rank < size; ++rank) std::memcpy(memory.part(rank) + offset_bytes, total, count * sizeof(T));
}

template <typename T>
void add_elements(const SharedMemory& memory, int size, std::size_t offset_bytes, std::size_t count) {
  for (std::size_t first = 0; first < count; first += kBlockElements) {
    const std::size_t block = std::min(kBlockElements, count - first);
    if (block == kBlockElements) {
      add_block<T, kBlockElements>(memory, size, offset_bytes + first * sizeof(T), block);
    } else {
      add_block<T, 0>(memory, size, offset_bytes + first * sizeof(T), block);
    }
  }
}

}  // namespace

struct alignas(64) SharedReduction::Slot {
  Counter round;                    ///< which of the sums that share this slot it serves now
  Counter arrived;                  ///< ranks whose part is complete
  Counter next;                     ///< chunk to be taken
  Counter done;                     ///< chunks added
  Counter left;                     ///< ranks that need the slot no more
  Counter first_rank;               ///< plus one, whose sum it is; 0: nobody has come yet
  Counter differing_rank;           ///< plus one, who came with another sum; 0: nobody
  std::atomic<std::uint64_t> what;  ///< identity of the sum; 0: nobody has come yet
  std::uint64_t offset_bytes;
  std::uint64_t count;
  std::uint32_t is_double;

  std::uint32_t chunks() const noexcept {
    return static_cast<std::uint32_t>((count + kChunkElements - 1) / kChunkElements);
  }
};

SharedReduction::SharedReduction(std::unique_ptr<SharedMemory> memory, int rank, int size)
    : memory_(std::move(memory)), rank_(rank), size_(size) {}

std::unique_ptr<SharedReduction> SharedReduction::make(Communicator& group, std::size_t bytes) {
  auto memory = SharedMemory::make(group, kSlots * sizeof(Slot), bytes);
  if (!memory) return nullptr;
  return std::unique_ptr<SharedReduction>(new SharedReduction(std::move(memory), group.rank(), group.size()));
}

bool SharedReduction::can_reduce(const Span& span, ReduceOp op) const noexcept {
  const auto* start = static_cast<const std::byte*>(span.data);
  const bool is_inside = start >= memory() && start + span.bytes() <= memory() + memory_->bytes_per_rank();
  return is_inside && op == ReduceOp::sum && (span.type == ElementType::f32 || span.type == ElementType::f64);
}

SharedReduction::Slot& SharedReduction::slot_of(std::uint64_t sum) const noexcept {
  return reinterpret_cast<Slot*>(memory_->head())[sum % kSlots];
}

std::uint64_t SharedReduction::start(const Span& span) {
  const std::uint64_t sum = started_++;
  if (sum >= kSlots) wait(sum - kSlots);
  Slot& slot = slot_of(sum);
  const auto round = static_cast<std::uint32_t>(sum / kSlots);
  for (std::uint32_t seen = slot.round.load(); seen != round; seen = slot.round.load()) {
    sleep_while(slot.round, seen);
    const std::optional<int> ended = find_ended_rank();
    if (ended && slot.round.load() != round) fail_without(*ended);
  }
  const auto offset = static_cast<std::uint64_t>(static_cast<std::byte*>(span.data) - memory());
  const std::uint64_t is_double = span.type == ElementType::f64 ? 1 : 0;
  // Offset and count in elements of 4 bytes stay far below these shifts for what fits in memory.
  const std::uint64_t what = (offset << 34) ^ (static_cast<std::uint64_t>(span.count) << 2) ^ (is_double << 1) ^ 1;
  std::uint64_t expected = 0;
  const auto own_number = static_cast<std::uint32_t>(rank_) + 1;
  if (slot.what.compare_exchange_strong(expected, what)) {
    slot.first_rank = own_number;
  } else if (expected != what) {
    slot.differing_rank = own_number;
  }
  require_same_sums(slot);
  // Equal on all ranks, so it does not matter who writes it last.
  std::atomic_ref(slot.offset_bytes).store(offset);
  std::atomic_ref(slot.count).store(span.count);
  std::atomic_ref(slot.is_double).store(static_cast<std::uint32_t>(is_double));
  if (slot.arrived.fetch_add(1) + 1 == static_cast<std::uint32_t>(size_)) wake_all(slot.arrived);
  return sum;
}

void SharedReduction::add_chunk(const Slot& slot, std::uint32_t chunk) const {
  const std::size_t first = chunk * kChunkElements;
  const std::size_t count = std::min<std::size_t>(kChunkElements, slot.count - first);
  if (slot.is_double != 0) {
    add_elements<double>(*memory_, size_, slot.offset_bytes + first * sizeof(double), count);
  } else {
    add_elements<float>(*memory_, size_, slot.offset_bytes + first * sizeof(float), count);
  }
}

bool SharedReduction::is_complete(const Slot& slot) const noexcept {
  return slot.arrived.load() == static_cast<std::uint32_t>(size_) && slot.done.load() == slot.chunks();
}

bool SharedReduction::help(std::uint64_t sum) {
  if (sum < left_) return true;
  Slot& slot = slot_of(sum);
  if (slot.arrived.load() != static_cast<std::uint32_t>(size_)) return false;
  const std::uint32_t chunks = slot.chunks();
  while (slot.next.load() < chunks) {
    const std::uint32_t chunk = slot.next.fetch_add(1);
    if (chunk >= chunks) break;
    add_chunk(slot, chunk);
    if (slot.done.fetch_add(1) + 1 == chunks) wake_all(slot.done);
  }
  return is_complete(slot);
}

void SharedReduction::wait(std::uint64_t sum) {
  // In order: what was started earlier is complete before what was started later.
  while (left_ <= sum) {
    const std::uint64_t current = left_;
    Slot& slot = slot_of(current);
    const auto busy_until = std::chrono::steady_clock::now() + kBusyTime;
    while (!help(current)) {
      const std::uint32_t arrived = slot.arrived.load();
      const std::uint32_t done = slot.done.load();
      if (is_complete(slot)) break;
      if (std::chrono::steady_clock::now() < busy_until) {
        sched_yield();
        continue;
      }
      if (arrived != static_cast<std::uint32_t>(size_)) {
        sleep_while(slot.arrived, arrived);
      } else {
        sleep_while(slot.done, done);
      }
      require_same_sums(slot);
      // In this order: whoever took part may end as soon as the sum is complete.
      const std::optional<int> ended = find_ended_rank();
      if (ended && !is_complete(slot)) fail_without(*ended);
    }
    leave(current);
  }
}

void SharedReduction::leave(std::uint64_t sum) {
  Slot& slot = slot_of(sum);
  left_ = sum + 1;
  if (slot.left.fetch_add(1) + 1 != static_cast<std::uint32_t>(size_)) return;
  // The last one to leave clears up for the next round; nobody else looks until the round changes.
  for (Counter* counter : {&slot.arrived, &slot.next, &slot.done, &slot.left}) counter->store(0);
  slot.first_rank = 0;
  slot.what = 0;
  slot.round.fetch_add(1);
  wake_all(slot.round);
}

void SharedReduction::require_same_sums(const Slot& slot) {
  const std::uint32_t differing = slot.differing_rank.load();
  if (differing == 0) return;
  const std::uint32_t first = slot.first_rank.load();
  const std::string other = first == 0 ? "the others" : "rank " + std::to_string(first - 1);
  throw Error(Fault::bug, "adding gradients: rank " + std::to_string(differing - 1) + " began another sum than " +
                              other +
                              "; one of them left a sum out, a defect of hpctrain. The same command continues from the "
                              "last checkpoint");
}

std::optional<int> SharedReduction::find_ended_rank() const {
  for (int rank = 0; rank < size_; ++rank) {
    if (rank != rank_ && !memory_->is_held_by(rank)) return rank;
  }
  return std::nullopt;
}

void SharedReduction::fail_without(int rank) {
  throw Error(Fault::stopped, "adding gradients: rank " + std::to_string(rank) +
                                  " ended before it answered; the same command continues from the last checkpoint");
}

}  // namespace hpctrain::comm
