// A shard file opened at one place, mapped or for reading by calls, and which of its blocks were checked there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "data/raw_file.hpp"
#include "data/shard_locator.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {

/// Frees a column that was kept in memory, and gives back what it took of a budget.
struct ResidentRelease {
  std::atomic<std::int64_t>* budget_bytes = nullptr;  ///< none: it was not counted
  std::int64_t bytes = 0;

  void operator()(std::byte* memory) const noexcept {
    delete[] memory;
    if (budget_bytes != nullptr) budget_bytes->fetch_add(bytes, std::memory_order_relaxed);
  }
};
using ResidentMemory = std::unique_ptr<std::byte[], ResidentRelease>;

class OpenShard {
 public:
  struct Access {
    bool is_mapped = true;
    bool opens_blocks = true;  ///< false: nothing is to be done at the first touch of a block
    /// When mapped. Then every fault reads 2 MiB, also one for a row that had to leave the page cache before.
    bool asks_for_large_pages = false;
  };

  ///   errors  DamagedPlace when the file is missing or has not the size that the index says
  OpenShard(const SplitLayout& layout, std::size_t shard, ShardLocation location, Access access);
  ~OpenShard();
  OpenShard(const OpenShard&) = delete;
  OpenShard& operator=(const OpenShard&) = delete;

  const ShardLocation& location() const noexcept { return location_; }
  std::size_t shard() const noexcept { return shard_; }
  /// The whole file, null unless mapped. Reads go through run_guarded().
  const std::byte* mapped() const noexcept { return mapped_; }

  /// Reads into `destination`, from the mapping or by calls.
  ///   errors  DamagedPlace when the file ends before, or cannot be read
  void read_at(std::uint64_t offset, std::span<std::byte> destination) const;
  /// The same into several pieces of memory that follow each other in the file.
  void read_into(std::uint64_t offset, std::span<const std::span<std::byte>> destinations) const;

  /// Brings a range of the mapping into memory, in one system call instead of a page fault for every 64 KiB.
  ///   errors  DamagedPlace when it cannot be read
  void populate(std::uint64_t offset, std::uint64_t bytes) const;

  bool is_all_open() const noexcept { return blocks_left_.load(std::memory_order_acquire) == 0; }
  bool is_open(std::uint64_t block) const noexcept {
    return (opened_[block / 64].load(std::memory_order_acquire) >> (block % 64) & 1) != 0;
  }
  /// True for the first thread that says so of this block.
  bool note_open(std::uint64_t block) noexcept;

  /// A column kept whole in memory once it was asked for; a null pointer means there is none.
  const std::byte* resident(std::size_t column) const noexcept {
    return resident_[column].load(std::memory_order_acquire);
  }
  /// Keeps `bytes` as the column unless another thread was first.
  const std::byte* keep_resident(std::size_t column, ResidentMemory bytes);

 private:
  [[noreturn]] void fail_reading(std::uint64_t offset, std::uint64_t bytes) const;

  ShardLocation location_;
  std::size_t shard_;
  std::uint64_t file_bytes_;
  std::unique_ptr<RawFile> file_;  // when mapped: to ask what is in the page cache, none where descriptors are few
  const std::byte* mapped_ = nullptr;
  bool asks_for_large_pages_ = false;
  std::atomic<std::uint64_t> blocks_left_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> opened_;
  std::vector<std::atomic<const std::byte*>> resident_;  // [column]
  std::mutex resident_mutex_;
  std::vector<ResidentMemory> owned_;
};

}  // namespace hpctrain::data
