// See split_layout.hpp.
#include "data/split_layout.hpp"

#include <algorithm>

#include "data/shard_format.hpp"

namespace hpctrain::data {

SplitLayout::SplitLayout(const DatasetIndex& index, const Split& split)
    : first_shard_(static_cast<std::size_t>(split.first_shard)), fields_(index.fields) {
  const auto first = index.shards.begin() + static_cast<std::ptrdiff_t>(split.first_shard);
  shards_.assign(first, first + static_cast<std::ptrdiff_t>(split.shard_count));
  columns_.push_back({std::string(kSampleIdName), sizeof(std::uint64_t)});
  for (const FieldSchema& field : index.fields) {
    columns_.push_back({field.name, field.kind == FieldKind::dense ? field.row_bytes : 0});
  }
  std::uint64_t rows = 0;
  for (const ShardIndex& shard : shards_) {
    std::uint64_t blocks = 0;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const bool is_id = c == 0;
      ColumnExtent extent;
      extent.row_bytes = columns_[c].row_bytes;
      extent.offset = is_id ? shard.sample_id_offset : shard.fields[c - 1].data_offset;
      extent.bytes = extent.row_bytes > 0 ? shard.num_samples * extent.row_bytes : shard.fields[c - 1].data_bytes;
      extent.block_digests = is_id ? shard.sample_id_block_xxh3 : shard.fields[c - 1].block_xxh3;
      extent.first_block = blocks;
      blocks += checksum_blocks(extent.bytes);
      extents_.push_back(extent);
    }
    blocks_.push_back(blocks);
    first_rows_.push_back(rows);
    rows += shard.num_samples;
  }
  const auto is_like_first = [&](const ShardIndex& s) { return s.num_samples == shards_.front().num_samples; };
  const bool is_regular = !shards_.empty() && std::all_of(shards_.begin(), shards_.end() - 1, is_like_first) &&
                          shards_.back().num_samples <= shards_.front().num_samples;
  if (is_regular) rows_per_shard_ = shards_.front().num_samples;
}

RowPlace SplitLayout::place_of(std::uint64_t row) const noexcept {
  if (rows_per_shard_ > 0) return {row / rows_per_shard_, row % rows_per_shard_};
  const auto after = std::upper_bound(first_rows_.begin(), first_rows_.end(), row);
  const auto shard = static_cast<std::size_t>(after - first_rows_.begin()) - 1;
  return {shard, row - first_rows_[shard]};
}

}  // namespace hpctrain::data
