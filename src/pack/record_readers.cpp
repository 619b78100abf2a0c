// See record_readers.hpp.
#include "pack/record_readers.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kLeastSlots = 2;
constexpr std::uint64_t kMostSlots = 4096;

std::uint64_t plan_slots(std::uint64_t record_bytes, std::uint64_t records) {
  const std::uint64_t fitting = kMostWaitingBytes / std::max<std::uint64_t>(1, record_bytes);
  return std::clamp(std::min(fitting, records), kLeastSlots, kMostSlots);
}

}  // namespace

RecordReaders::RecordReaders(const Source& source, std::vector<data::FieldSchema> fields, ReadingOrder order,
                             std::uint64_t record_bytes, std::size_t threads)
    : source_(source),
      fields_(std::move(fields)),
      order_(std::move(order)),
      slots_(plan_slots(record_bytes, order_.records.size())) {
  require_invariant(threads > 0, "records are read by one thread at least");
  for (std::size_t t = 0; t < std::min<std::size_t>(threads, slots_.size()); ++t) {
    try {
      threads_.emplace_back([this] { run_reader(); });
    } catch (const std::system_error&) {
      // Fewer only take longer.
      if (threads_.empty()) throw;
      return;
    }
  }
}

RecordReaders::~RecordReaders() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  has_room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

/// The record that is waited for may always start: without it nothing that waits could go.
bool RecordReaders::may_start() const {
  const std::uint64_t last_delivered_is_in_use = delivered_ == 0 ? 0 : 1;
  const bool has_slot = started_ - delivered_ + last_delivered_is_in_use < slots_.size();
  return has_slot && (waiting_bytes_ < kMostWaitingBytes || started_ == delivered_);
}

void RecordReaders::run_reader() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_room_.wait(lock, [this] { return is_stopping_ || started_ == order_.records.size() || may_start(); });
    if (is_stopping_ || started_ == order_.records.size()) return;
    const std::uint64_t position = started_++;
    Slot& slot = slots_[position % slots_.size()];
    lock.unlock();
    try {
      read(position, slot);
    } catch (...) {
      slot.error = std::current_exception();
    }
    lock.lock();
    for (const std::vector<std::byte>& row : slot.read.rows) slot.bytes += row.size();
    waiting_bytes_ += slot.bytes;
    slot.is_ready = true;
    has_record_.notify_one();
  }
}

void RecordReaders::read(std::uint64_t position, Slot& slot) const {
  ReadRecord& record = slot.read;
  record.record = order_.records[position];
  record.rows.resize(fields_.size());
  record.dims.resize(fields_.size());
  record.statistics.clear();
  std::vector<std::span<std::byte>> dense;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    record.rows[f].resize(fields_[f].row_bytes);
    dense.emplace_back(record.rows[f]);
  }
  source_.read_record(record.record, dense);
  const bool counts = position < order_.counted;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    if (fields_[f].kind == data::FieldKind::dense) {
      if (counts) record.statistics.push_back(measure_row(fields_[f], record.rows[f]));
      continue;
    }
    EncodedPicture picture = source_.read_encoded(record.record, f);
    record.rows[f] = std::move(picture.bytes);
    record.dims[f] = picture.dims;
    if (counts) record.statistics.push_back(measure_row(fields_[f], picture.pixels.pixels));
  }
}

const ReadRecord& RecordReaders::next() {
  std::unique_lock lock(mutex_);
  require_invariant(delivered_ < order_.records.size(), "no more records are asked for than there are");
  if (delivered_ > 0) release(slots_[(delivered_ - 1) % slots_.size()]);
  Slot& slot = slots_[delivered_ % slots_.size()];
  has_record_.wait(lock, [&] { return slot.is_ready; });
  if (slot.error) std::rethrow_exception(slot.error);
  waiting_bytes_ -= slot.bytes;
  ++delivered_;
  has_room_.notify_all();
  return slot.read;
}

/// Rows of one length keep their memory for the next record.
void RecordReaders::release(Slot& slot) {
  slot.is_ready = false;
  slot.bytes = 0;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    if (fields_[f].kind != data::FieldKind::dense) slot.read.rows[f] = {};
  }
}

}  // namespace hpctrain::pack
