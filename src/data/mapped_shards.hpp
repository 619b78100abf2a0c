// The shards of one split as read-only memory, and the way from a row of the split to its shard. Knows no digests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::data {

struct RowPlace {
  std::size_t shard = 0;  ///< counted from the split's first
  std::uint64_t row = 0;  ///< inside the shard
};

class MappedShards {
 public:
  ///   errors  Fault::data when a file is missing or has not the size that the index says: a mapped file that ends too
  ///           early would kill the process at the first touch
  MappedShards(const DatasetIndex& index, const Split& split);
  ~MappedShards();
  MappedShards(const MappedShards&) = delete;
  MappedShards& operator=(const MappedShards&) = delete;

  std::size_t count() const noexcept { return shards_.size(); }
  const ShardIndex& layout(std::size_t shard) const noexcept { return *shards_[shard].layout; }
  const std::byte* bytes(std::size_t shard) const noexcept { return shards_[shard].bytes; }
  /// Whole path, for messages.
  std::string path(std::size_t shard) const { return (folder_ / layout(shard).path).string(); }
  RowPlace place_of(std::uint64_t row_in_split) const noexcept;

  /// Brings a range of a shard into memory, in one system call instead of a page fault for every 64 KiB.
  ///   errors  Fault::data when it cannot be read: the file was cut short, or the disk failed
  void populate(std::size_t shard, std::uint64_t offset, std::uint64_t bytes) const;

 private:
  struct Mapping {
    const ShardIndex* layout;
    const std::byte* bytes;
  };
  void map(const std::string& path, const ShardIndex& layout);
  void unmap_all() noexcept;

  std::filesystem::path folder_;
  std::vector<ShardIndex> layouts_;  // own copy: the index may go before the loader does
  std::vector<Mapping> shards_;
  std::vector<std::uint64_t> first_rows_;  // of each shard, counted from the split's first row
};

}  // namespace hpctrain::data
