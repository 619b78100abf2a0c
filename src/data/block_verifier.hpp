// Opens blocks of shards for reading: the first touch of a 1 MiB block brings it into memory and compares its digest,
// later touches cost one load. Shared by all reader threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "data/loader_settings.hpp"
#include "data/open_shard.hpp"
#include "data/shard_format.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {

class BlockVerifier {
 public:
  /// `layout` must outlive this.
  BlockVerifier(const SplitLayout& layout, Verify verify) : layout_(layout), verify_(verify) {}

  /// Call before reading [begin, end) of a column. `block_buffer` is the thread's own.
  ///   errors  DamagedPlace naming shard, field and samples
  void touch(OpenShard& place, std::size_t column, std::uint64_t begin, std::uint64_t end,
             std::vector<std::byte>& block_buffer) {
    if (place.is_all_open()) return;
    const std::uint64_t first = layout_.extent(place.shard(), column).first_block;
    for (std::uint64_t block = begin / kChecksumBlockBytes; block * kChecksumBlockBytes < end; ++block) {
      if (!place.is_open(first + block)) open(place, column, block, block_buffer);
    }
  }

  std::uint64_t blocks_verified() const noexcept { return blocks_verified_.load(std::memory_order_relaxed); }

 private:
  /// Two threads may open the same block at once: both find the same, and waiting would cost more than hashing twice.
  void open(OpenShard& place, std::size_t column, std::uint64_t block, std::vector<std::byte>& block_buffer);

  const SplitLayout& layout_;
  Verify verify_;
  std::atomic<std::uint64_t> blocks_verified_{0};
};

}  // namespace hpctrain::data
