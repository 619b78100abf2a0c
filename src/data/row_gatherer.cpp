// The hot path of the loader.
#include "data/row_gatherer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace hpctrain::data {
namespace {

constexpr std::size_t kGroupRows = 32;
constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kPrefetchedBytes = 256;  // the processor's own prefetcher takes over from there

void prefetch_row(const std::byte* row, std::uint64_t row_bytes) {
  for (std::size_t at = 0; at < std::min<std::uint64_t>(row_bytes, kPrefetchedBytes); at += kCacheLineBytes) {
    __builtin_prefetch(row + at);
  }
}

}  // namespace

RowGatherer::RowGatherer(const MappedShards& shards, BlockVerifier& verifier, const SampleOrder& order,
                         std::span<const FieldSchema> fields)
    : shards_(shards), verifier_(verifier), order_(order) {
  row_bytes_.push_back(sizeof(std::uint64_t));
  for (const FieldSchema& field : fields) row_bytes_.push_back(field.row_bytes);
  for (const std::uint64_t bytes : row_bytes_) sample_bytes_ += bytes;
}

void RowGatherer::gather(std::uint64_t epoch, std::uint64_t first, std::uint64_t count,
                         ColumnPointers destinations) const {
  const EpochOrder order = order_.in_epoch(epoch);
  std::array<RowPlace, kGroupRows> places;
  for (std::uint64_t done = 0; done < count;) {
    const std::size_t rows = std::min<std::uint64_t>(kGroupRows, count - done);
    for (std::size_t i = 0; i < rows; ++i) places[i] = shards_.place_of(order.row_at(first + done + i));
    for (std::size_t column = 0; column < row_bytes_.size(); ++column) {
      copy_column(column, std::span(places).first(rows), destinations[column] + done * row_bytes_[column]);
    }
    done += rows;
  }
}

void RowGatherer::copy_column(std::size_t column, std::span<const RowPlace> places, std::byte* destination) const {
  const std::uint64_t row_bytes = row_bytes_[column];
  std::array<const std::byte*, kGroupRows> rows;
  // All addresses first: the misses of a group of random rows then overlap instead of following each other.
  for (std::size_t i = 0; i < places.size(); ++i) {
    const RowPlace& place = places[i];
    const std::uint64_t begin = place.row * row_bytes;
    verifier_.touch(place.shard, column, begin, begin + row_bytes);
    const ShardIndex& layout = shards_.layout(place.shard);
    const std::uint64_t offset = column == 0 ? layout.sample_id_offset : layout.fields[column - 1].data_offset;
    rows[i] = shards_.bytes(place.shard) + offset + begin;
    prefetch_row(rows[i], row_bytes);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::memcpy(destination + i * row_bytes, rows[i], row_bytes);
  }
}

}  // namespace hpctrain::data
