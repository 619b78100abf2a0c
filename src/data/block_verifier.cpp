// The slow path of the block verifier: one block is read and compared.
#include "data/block_verifier.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {

BlockVerifier::BlockVerifier(const MappedShards& shards, std::span<const FieldSchema> fields, Verify verify)
    : shards_(shards), verify_(verify) {
  columns_.push_back({std::string(kSampleIdName), sizeof(std::uint64_t)});
  for (const FieldSchema& field : fields) columns_.push_back({field.name, field.row_bytes});
  std::uint64_t bits = 0;
  for (std::size_t shard = 0; shard < shards.count(); ++shard) {
    for (const Column& column : columns_) {
      first_bits_.push_back(bits);
      bits += checksum_blocks(shards.layout(shard).num_samples * column.row_bytes);
    }
  }
  opened_ = std::make_unique<std::atomic<std::uint64_t>[]>(bits / 64 + 1);
}

void BlockVerifier::open(std::size_t shard, std::size_t column, std::uint64_t block, std::uint64_t bit) {
  const ShardIndex& layout = shards_.layout(shard);
  const std::uint64_t column_bytes = layout.num_samples * columns_[column].row_bytes;
  const std::uint64_t begin = block * kChecksumBlockBytes;
  const std::uint64_t bytes = std::min(kChecksumBlockBytes, column_bytes - begin);
  const bool is_id = column == 0;
  const std::uint64_t offset = (is_id ? layout.sample_id_offset : layout.fields[column - 1].data_offset) + begin;
  shards_.populate(shard, offset, bytes);
  if (verify_ == Verify::touch) {
    const auto& digests = is_id ? layout.sample_id_block_xxh3 : layout.fields[column - 1].block_xxh3;
    const bool holds = xxh3_64({shards_.bytes(shard) + offset, bytes}) == digests[block];
    if (!holds) {
      throw Error(Fault::data, describe_damaged_block(shards_.path(shard), columns_[column].name,
                                                      columns_[column].row_bytes, layout.num_samples, block));
    }
  }
  const std::uint64_t before = opened_[bit / 64].fetch_or(1ull << (bit % 64), std::memory_order_acq_rel);
  if (verify_ == Verify::touch && (before >> (bit % 64) & 1) == 0) {
    blocks_verified_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace hpctrain::data
