// Opens blocks of the mapped shards for reading: the first touch of a 1 MiB block brings it into memory and compares
// its digest, later touches cost one load. Shared by all reader threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/loader.hpp"
#include "data/mapped_shards.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {

class BlockVerifier {
 public:
  /// `shards` must outlive this. Columns are numbered: 0 the sample ids, f + 1 field f.
  BlockVerifier(const MappedShards& shards, std::span<const FieldSchema> fields, Verify verify);

  /// Call before reading [begin, end) of a column.
  ///   errors  Fault::data naming shard, field and samples
  void touch(std::size_t shard, std::size_t column, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t first_bit = first_bits_[shard * columns_.size() + column];
    for (std::uint64_t block = begin / kChecksumBlockBytes; block * kChecksumBlockBytes < end; ++block) {
      const std::uint64_t bit = first_bit + block;
      if ((opened_[bit / 64].load(std::memory_order_acquire) >> (bit % 64) & 1) == 0) open(shard, column, block, bit);
    }
  }

  std::uint64_t blocks_verified() const noexcept { return blocks_verified_.load(std::memory_order_relaxed); }

 private:
  struct Column {
    std::string name;
    std::uint64_t row_bytes;
  };
  /// Two threads may open the same block at once: both find the same, and waiting would cost more than hashing twice.
  void open(std::size_t shard, std::size_t column, std::uint64_t block, std::uint64_t bit);

  const MappedShards& shards_;
  Verify verify_;
  std::vector<Column> columns_;
  std::vector<std::uint64_t> first_bits_;  // [shard][column]
  std::unique_ptr<std::atomic<std::uint64_t>[]> opened_;
  std::atomic<std::uint64_t> blocks_verified_{0};
};

}  // namespace hpctrain::data
