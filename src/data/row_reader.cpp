// See row_reader.hpp. Columns follow each other, so that each is one long run of copies.
#include "data/row_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/damaged_place.hpp"
#include "data/row_copy.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kMostResidentRowBytes = 64;  // a read call for less than this costs more than it brings

[[noreturn]] void fail_copy(const OpenShard& place, std::uint64_t row) {
  throw DamagedPlace(place.shard(), fmt::format("{}: sample {} of the shard cannot be read: the file was cut short "
                                                "while in use, or its disk fails; copy the file again, or {}",
                                                place.location().file.string(), row, kPackAgain));
}

}  // namespace

RowReader::RowReader(const ReaderParts& parts) : parts_(parts) {}

void RowReader::fill(const Chunk& chunk, std::shared_ptr<const PlaceTable> table) {
  if (!order_ || epoch_ != chunk.epoch) order_.emplace(parts_.order, chunk.epoch);
  epoch_ = chunk.epoch;
  parts_.places.note_position(chunk.epoch, chunk.first_position);
  rows_.resize(chunk.count);
  row_places_.resize(chunk.count);
  order_->rows_from(chunk.first_position, rows_);
  for (std::size_t i = 0; i < chunk.count; ++i) row_places_[i] = parts_.layout.place_of(rows_[i]);
  for (;;) {
    try {
      fill_from(*table, chunk);
      break;
    } catch (const DamagedPlace& damage) {
      parts_.places.replace(*(*table)[damage.shard()], damage.what());
    }
    table = parts_.places.table();
  }
  shard_at_work.store(-1, std::memory_order_relaxed);
}

void RowReader::fill_from(const PlaceTable& table, const Chunk& chunk) {
  for (std::size_t column = 0; column < parts_.layout.columns(); ++column) {
    const bool is_encoded = parts_.layout.column(column).row_bytes == 0;
    if (is_encoded) {
      decode_column(table, chunk, column);
    } else {
      fill_column(table, column, chunk.destinations[column]);
    }
  }
}

void RowReader::fill_column(const PlaceTable& table, std::size_t column, std::byte* destination) {
  const std::uint64_t row_bytes = parts_.layout.column(column).row_bytes;
  sources_.resize(row_places_.size());
  reads_.clear();
  std::array<std::uint64_t, 2> bytes_of_tier{};
  for (std::size_t i = 0; i < row_places_.size(); ++i) {
    const RowPlace& at = row_places_[i];
    OpenShard& place = *table[at.shard];
    const std::uint64_t begin = at.row * row_bytes;
    const std::uint64_t offset = parts_.layout.extent(at.shard, column).offset + begin;
    bytes_of_tier[static_cast<std::size_t>(place.location().tier)] += row_bytes;
    if (!place.is_all_open()) {
      shard_at_work.store(static_cast<std::int64_t>(at.shard), std::memory_order_relaxed);
      parts_.verifier.touch(place, column, begin, begin + row_bytes, block_buffer_);
    }
    if (place.mapped() != nullptr) {
      sources_[i] = place.mapped() + offset;
      continue;
    }
    const std::byte* resident = row_bytes <= kMostResidentRowBytes ? resident_column(place, column) : nullptr;
    sources_[i] = resident != nullptr ? resident + begin : nullptr;
    if (resident == nullptr) reads_.push_back({at.shard, offset, i});
  }
  run_reads(table, row_bytes, destination);
  const std::size_t copied = copy_rows(sources_, row_bytes, destination);
  if (copied < sources_.size()) fail_copy(*table[row_places_[copied].shard], row_places_[copied].row);
  source_bytes.fetch_add(bytes_of_tier[static_cast<std::size_t>(Tier::source)], std::memory_order_relaxed);
  node_cache_bytes.fetch_add(bytes_of_tier[static_cast<std::size_t>(Tier::node_cache)], std::memory_order_relaxed);
}

/// In the order of the file, neighbours in one call.
void RowReader::run_reads(const PlaceTable& table, std::uint64_t row_bytes, std::byte* destination) {
  std::sort(reads_.begin(), reads_.end(),
            [](const Read& a, const Read& b) { return std::tie(a.shard, a.offset) < std::tie(b.shard, b.offset); });
  for (std::size_t first = 0; first < reads_.size();) {
    const Read& head = reads_[first];
    runs_.clear();
    for (std::size_t i = first; i < reads_.size(); ++i) {
      if (reads_[i].shard != head.shard || reads_[i].offset != head.offset + (i - first) * row_bytes) break;
      runs_.emplace_back(destination + reads_[i].row * row_bytes, row_bytes);
    }
    shard_at_work.store(static_cast<std::int64_t>(head.shard), std::memory_order_relaxed);
    table[head.shard]->read_into(head.offset, runs_);
    first += runs_.size();
  }
}

/// Short columns (ids, labels) are kept in memory while there is room, since one call for each value would cost more
/// than the picture beside it.
const std::byte* RowReader::resident_column(OpenShard& place, std::size_t column) {
  if (const std::byte* kept = place.resident(column)) return kept;
  const ColumnExtent& extent = parts_.layout.extent(place.shard(), column);
  const auto bytes = static_cast<std::int64_t>(extent.bytes);
  if (parts_.resident_budget_bytes.fetch_sub(bytes, std::memory_order_relaxed) < bytes) {
    parts_.resident_budget_bytes.fetch_add(bytes, std::memory_order_relaxed);
    return nullptr;
  }
  ResidentMemory memory(new std::byte[extent.bytes], {&parts_.resident_budget_bytes, bytes});
  parts_.verifier.touch(place, column, 0, extent.bytes, block_buffer_);
  place.read_at(extent.offset, {memory.get(), extent.bytes});
  return place.keep_resident(column, std::move(memory));
}

/// Where the rows of an encoded column begin: read once for each shard, checked against its digest and its bounds.
const std::uint64_t* RowReader::offsets_of(OpenShard& place, std::size_t column) {
  if (const std::byte* kept = place.resident(column)) return reinterpret_cast<const std::uint64_t*>(kept);
  const ShardIndex& shard = parts_.layout.shard(place.shard());
  const FieldExtent& extent = shard.fields[column - 1];
  const std::size_t count = shard.num_samples + 1;
  ResidentMemory memory(new std::byte[count * sizeof(std::uint64_t)]);
  const std::span<std::byte> bytes(memory.get(), count * sizeof(std::uint64_t));
  place.read_at(extent.offsets_offset, bytes);
  const std::span offsets(reinterpret_cast<const std::uint64_t*>(memory.get()), count);
  const bool is_sound = xxh3_64(bytes) == extent.offsets_xxh3 && std::is_sorted(offsets.begin(), offsets.end()) &&
                        offsets.back() <= extent.data_bytes;
  if (!is_sound) {
    throw DamagedPlace(place.shard(),
                       fmt::format("{}: the offsets of field {} are damaged; copy the file again, or {}",
                                   place.location().file.string(), parts_.layout.column(column).name, kPackAgain));
  }
  return reinterpret_cast<const std::uint64_t*>(place.keep_resident(column, std::move(memory)));
}

void RowReader::decode_column(const PlaceTable& table, const Chunk& chunk, std::size_t column) {
  const FieldSchema& field = parts_.delivered[column - 1];
  const auto* ids = reinterpret_cast<const std::uint64_t*>(chunk.destinations[0]);  // column 0 was filled first
  for (std::size_t i = 0; i < row_places_.size(); ++i) {
    OpenShard& place = *table[row_places_[i].shard];
    const std::uint64_t* offsets = offsets_of(place, column);
    const std::uint64_t begin = offsets[row_places_[i].row];
    const std::uint64_t bytes = offsets[row_places_[i].row + 1] - begin;
    shard_at_work.store(static_cast<std::int64_t>(place.shard()), std::memory_order_relaxed);
    parts_.verifier.touch(place, column, begin, begin + bytes, block_buffer_);
    encoded_.resize(bytes);
    place.read_at(parts_.layout.extent(place.shard(), column).offset + begin, encoded_);
    count_bytes(place, bytes);
    const Stopwatch watch;
    const PictureRequest request{parts_.stored[column - 1].codec, field, parts_.windows, chunk.epoch, ids[i]};
    const auto complaint = decoder_.decode(encoded_, request, chunk.destinations[column] + i * field.row_bytes);
    decode_seconds.store(decode_seconds.load(std::memory_order_relaxed) + watch.seconds(), std::memory_order_relaxed);
    require(
        !complaint, Fault::data,
        fmt::format("{}: sample {} (id {}), field {}: {}; replace the picture and {}", place.location().file.string(),
                    row_places_[i].row, ids[i], field.name, complaint.value_or(""), kPackAgain));
  }
}

void RowReader::count_bytes(const OpenShard& place, std::uint64_t bytes) {
  auto& counter = place.location().tier == Tier::source ? source_bytes : node_cache_bytes;
  counter.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace hpctrain::data
