// See ring.hpp. One mutex guards all of it: it is taken twice for each chunk, which is large, a whole slot, or
// pictures.
#include "data/ring.hpp"

#include <algorithm>
#include <chrono>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/integer_division.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kColumnAlignment = 256;  // what copies to a device like best
constexpr std::size_t kSlotAlignment = 4096;
/// Copying less than this takes less time than waking a thread for it does, above all on virtual machines.
constexpr std::size_t kSmallSlotBytes = 256u << 10;
/// A consumer that fills as well keeps more slots in use at a time. That is worth less than a wake-up where they are so
/// large that they drive each other out of the cache.
constexpr std::size_t kMostBytesFilledInWait = 4u << 20;

}  // namespace

Ring::Ring(const RingSettings& settings, const MicroBatchPlanner& planner, SlotAllocator& allocator)
    : settings_(settings), allocator_(allocator), planner_(planner) {
  for (const std::uint64_t bytes : settings_.row_bytes) sample_bytes_ += bytes;
  slots_.resize(settings_.slots);
  free_.reserve(settings_.slots);
  const std::size_t slot_bytes = round_up(column_offset(settings_.row_bytes.size() + 1), kSlotAlignment);
  is_woken_for_several_ = settings_.is_copied && slot_bytes <= kSmallSlotBytes;
  is_filled_in_wait_ = slot_bytes <= kMostBytesFilledInWait;
  memory_ = allocator_.allocate(settings_.slots * slot_bytes);
  for (std::size_t i = slots_.size(); i > 0; --i) {
    slots_[i - 1].memory = memory_ + (i - 1) * slot_bytes;
    free_.push_back(i - 1);
  }
}

Ring::~Ring() {
  allocator_.release(memory_);
}

std::size_t Ring::column_offset(std::size_t column) const {
  std::size_t offset = column == 0 ? 0 : round_up(settings_.micro_batch * sizeof(std::uint64_t), kColumnAlignment);
  for (std::size_t f = 0; f + 1 < column; ++f) {
    offset += round_up(settings_.micro_batch * settings_.row_bytes[f], kColumnAlignment);
  }
  return offset;
}

std::optional<Chunk> Ring::take_chunk() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (is_stopped_) return std::nullopt;
    if (has_chunk()) break;
    work_.wait(lock);
  }
  Chunk chunk = cut_chunk(*filling_);
  // One thread is enough for small slots; where it is not, the consumer comes to wait, and fills or wakes all.
  const bool is_more_work = !is_woken_for_several_ && (filling_ || (!free_.empty() && !is_plan_over_));
  lock.unlock();
  if (is_more_work) work_.notify_one();
  return chunk;
}

/// Opens slots until there is something to fill in one: an empty micro-batch is ready as it stands.
bool Ring::has_chunk() {
  if (is_restarting_) return false;
  while (!filling_) {
    if (!open_slot()) return false;
  }
  return true;
}

bool Ring::open_slot() {
  if (free_.empty() || is_plan_over_) return false;
  const std::optional<MicroBatchPlan> plan = planner_.next();
  if (!plan) {
    is_plan_over_ = true;
    ready_.notify_all();
    return false;
  }
  const std::size_t number = free_.back();
  free_.pop_back();
  Slot& slot = slots_[number];
  slot.taken = slot.filled = 0;
  slot.error = nullptr;
  MicroBatch& content = slot.content;
  content.batch = plan->batch;
  content.micro_step = plan->micro_step;
  content.micro_steps = plan->micro_steps;
  content.first_in_batch = plan->share.first;
  content.count = plan->share.count;
  content.sample_ids = {reinterpret_cast<const std::uint64_t*>(slot.memory), content.count};
  content.rows.clear();
  for (std::size_t f = 0; f < settings_.row_bytes.size(); ++f) {
    content.rows.emplace_back(slot.memory + column_offset(f + 1), content.count * settings_.row_bytes[f]);
  }
  pending_.push_back(number);
  if (content.count > 0) {
    filling_ = number;
  } else {
    ready_.notify_all();
  }
  return true;
}

Chunk Ring::cut_chunk(std::size_t number) {
  Slot& slot = slots_[number];
  const MicroBatch& content = slot.content;
  Chunk chunk;
  chunk.slot = number;
  chunk.epoch = content.batch.epoch;
  chunk.first_position = content.batch.first_position + content.first_in_batch + slot.taken;
  chunk.count = std::min(settings_.samples_per_chunk, content.count - slot.taken);
  chunk.destinations.push_back(slot.memory + slot.taken * sizeof(std::uint64_t));
  for (std::size_t f = 0; f < settings_.row_bytes.size(); ++f) {
    chunk.destinations.push_back(slot.memory + column_offset(f + 1) + slot.taken * settings_.row_bytes[f]);
  }
  slot.taken += chunk.count;
  if (slot.taken == content.count) filling_.reset();
  ++chunks_under_way_;
  return chunk;
}

void Ring::finish_chunk(const Chunk& chunk, std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[chunk.slot];
  slot.filled += chunk.count;
  if (error && !slot.error) slot.error = std::move(error);
  --chunks_under_way_;
  counters_.bytes += chunk.count * (sample_bytes_ + sizeof(std::uint64_t));
  if (is_front_ready() || (is_restarting_ && chunks_under_way_ == 0)) ready_.notify_all();
}

void Ring::wait_until_decided(std::unique_lock<std::mutex>& lock, const Waiting& waiting) {
  if (is_decided()) return;
  const Stopwatch waited;
  if (waiting.fill && is_filled_in_wait_) {
    fill_until_decided(lock, waiting.fill);
  } else if (is_woken_for_several_) {
    work_.notify_all();
  }
  const std::chrono::duration<double> patience(waiting.stall_seconds - waited.seconds());
  const bool is_stalled = waiting.stall_seconds > 0 &&
                          (patience.count() <= 0 || !ready_.wait_for(lock, patience, [this] { return is_decided(); }));
  if (is_stalled) {
    ++counters_.stalls;
    lock.unlock();
    waiting.on_stall();
    lock.lock();
  }
  ready_.wait(lock, [this] { return is_decided(); });
  counters_.wait_seconds += waited.seconds();
}

/// As long as something is left to be taken. Waking one who sleeps costs as much as copying a good part of a chunk.
void Ring::fill_until_decided(std::unique_lock<std::mutex>& lock, const std::function<void(const Chunk&)>& fill) {
  while (!is_decided() && has_chunk()) {
    const Chunk chunk = cut_chunk(*filling_);
    lock.unlock();
    fill(chunk);
    lock.lock();
  }
}

std::optional<std::size_t> Ring::next_slot(const Waiting& waiting) {
  std::unique_lock lock(mutex_);
  wait_until_decided(lock, waiting);
  if (!is_front_ready()) {
    require_invariant(is_plan_over_ || leased_ < slots_.size(), "a batch lease is dropped before all slots are leased");
    return std::nullopt;
  }
  const std::size_t number = pending_.front();
  if (slots_[number].error) std::rethrow_exception(slots_[number].error);
  pending_.pop_front();
  ++leased_;
  counters_.samples += slots_[number].content.count;
  return number;
}

void Ring::release(std::size_t slot) noexcept {
  bool is_worth_waking = false;
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
    --leased_;
    is_worth_waking = !is_woken_for_several_ || 2 * free_.size() >= slots_.size() - leased_;
  }
  if (is_worth_waking) work_.notify_one();
}

void Ring::restart(Cursor cursor) {
  {
    std::unique_lock lock(mutex_);
    is_restarting_ = true;
    ready_.wait(lock, [&] { return chunks_under_way_ == 0; });
    for (const std::size_t slot : pending_) free_.push_back(slot);
    pending_.clear();
    filling_.reset();
    planner_.seek(cursor);
    is_plan_over_ = false;
    is_restarting_ = false;
  }
  work_.notify_all();
}

void Ring::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  work_.notify_all();
}

LoaderCounters Ring::counters() const {
  const std::lock_guard lock(mutex_);
  LoaderCounters now = counters_;
  now.ready_batches = 0;
  for (const std::size_t slot : pending_) {
    if (!slots_[slot].is_ready()) break;
    ++now.ready_batches;
  }
  return now;
}

}  // namespace hpctrain::data
