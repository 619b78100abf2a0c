// Fills pieces of a slot with the rows of consecutive positions of an epoch. One reader belongs to one thread and keeps
// its buffers; all readers of a loader share the places and the verifier.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "data/block_verifier.hpp"
#include "data/picture_decoder.hpp"
#include "data/ring.hpp"
#include "data/sample_order.hpp"
#include "data/shard_places.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {

/// What all readers of a loader share; must outlive them.
struct ReaderParts {
  const SplitLayout& layout;
  ShardPlaces& places;
  BlockVerifier& verifier;
  const SampleOrder& order;
  const std::vector<FieldSchema>& stored;            ///< as packed
  const std::vector<FieldSchema>& delivered;         ///< as handed out
  const ImageWindowPlan* windows;                    ///< may be null
  std::atomic<std::int64_t>& resident_budget_bytes;  ///< outlives the open shards too
};

class RowReader {
 public:
  explicit RowReader(const ReaderParts& parts);

  /// Out of `table`, and of the next one where a place of it fails.
  ///   errors  Fault::data when a row cannot be had from any place, or a picture does not decode
  void fill(const Chunk& chunk, std::shared_ptr<const PlaceTable> table);

  /// Read by other threads at any time.
  std::atomic<std::int64_t> shard_at_work{-1};  ///< of the split; -1: none
  std::atomic<std::uint64_t> source_bytes{0};
  std::atomic<std::uint64_t> node_cache_bytes{0};
  std::atomic<double> decode_seconds{0};

 private:
  struct Read {
    std::size_t shard;
    std::uint64_t offset;
    std::size_t row;  // of the chunk
  };
  void fill_from(const PlaceTable& table, const Chunk& chunk);
  void fill_column(const PlaceTable& table, std::size_t column, std::byte* destination);
  void decode_column(const PlaceTable& table, const Chunk& chunk, std::size_t column);
  void run_reads(const PlaceTable& table, std::uint64_t row_bytes, std::byte* destination);
  const std::byte* resident_column(OpenShard& place, std::size_t column);
  const std::uint64_t* offsets_of(OpenShard& place, std::size_t column);
  void count_bytes(const OpenShard& place, std::uint64_t bytes);

  ReaderParts parts_;
  std::optional<EpochOrder> order_;
  std::uint64_t epoch_ = 0;
  std::vector<RowInSplit> rows_;            // of the chunk
  std::vector<RowPlace> row_places_;        // of the chunk
  std::vector<const std::byte*> sources_;   // of one column of the chunk
  std::vector<Read> reads_;                 // of one column of the chunk
  std::vector<std::span<std::byte>> runs_;  // of neighbouring reads
  std::vector<std::byte> block_buffer_;
  std::vector<std::byte> encoded_;
  PictureDecoder decoder_;
};

}  // namespace hpctrain::data
