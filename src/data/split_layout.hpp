// Where everything of one split lies inside its shard files, as flat tables, and the way from a row of the split to its
// shard. Knows neither files nor digesting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::data {

struct RowPlace {
  std::size_t shard = 0;  ///< counted from the split's first
  std::uint64_t row = 0;  ///< inside the shard
};

struct Column {
  std::string name;
  std::uint64_t row_bytes = 0;  ///< 0: rows differ in length
};

/// One column of one shard; byte offsets count from the start of the file.
struct ColumnExtent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t first_block = 0;                 ///< among all blocks of the shard
  std::span<const std::uint64_t> block_digests;  ///< of every 1 MiB
};

class SplitLayout {
 public:
  /// Columns are numbered: 0 the sample ids, f + 1 field f of the index.
  SplitLayout(const DatasetIndex& index, const Split& split);
  SplitLayout(const SplitLayout&) = delete;
  SplitLayout& operator=(const SplitLayout&) = delete;

  std::size_t shards() const noexcept { return shards_.size(); }
  std::size_t columns() const noexcept { return columns_.size(); }
  const std::vector<FieldSchema>& fields() const noexcept { return fields_; }  ///< as packed
  const Column& column(std::size_t column) const noexcept { return columns_[column]; }
  const ShardIndex& shard(std::size_t shard) const noexcept { return shards_[shard]; }
  std::size_t shard_of_dataset(std::size_t shard) const noexcept { return first_shard_ + shard; }
  std::uint64_t blocks(std::size_t shard) const noexcept { return blocks_[shard]; }
  const ColumnExtent& extent(std::size_t shard, std::size_t column) const noexcept {
    return extents_[shard * columns_.size() + column];
  }

  /// `row` counts through the shards of the split in manifest order.
  RowPlace place_of(std::uint64_t row) const noexcept;

 private:
  std::size_t first_shard_;
  std::vector<ShardIndex> shards_;  // own copy: the index may go before the loader does
  std::vector<FieldSchema> fields_;
  std::vector<Column> columns_;
  std::vector<ColumnExtent> extents_;      // [shard][column]
  std::vector<std::uint64_t> blocks_;      // of each shard
  std::vector<std::uint64_t> first_rows_;  // of each shard, counted from the split's first row
  std::uint64_t rows_per_shard_ = 0;       // where all but the last are equal, as hpctrain-pack writes them; else 0
};

}  // namespace hpctrain::data
