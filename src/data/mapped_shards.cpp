// mmap and madvise behind MappedShards.
#include "data/mapped_shards.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "data/raw_file.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, Linux 5.14; older C libraries do not name it

}  // namespace

MappedShards::MappedShards(const DatasetIndex& index, const Split& split) : folder_(index.folder) {
  const auto first = index.shards.begin() + static_cast<std::ptrdiff_t>(split.first_shard);
  layouts_.assign(first, first + static_cast<std::ptrdiff_t>(split.shard_count));
  try {
    std::uint64_t rows = 0;
    for (const ShardIndex& layout : layouts_) {
      map((index.folder / layout.path).string(), layout);
      first_rows_.push_back(rows);
      rows += layout.num_samples;
    }
  } catch (...) {
    unmap_all();
    throw;
  }
}

MappedShards::~MappedShards() {
  unmap_all();
}

void MappedShards::map(const std::string& path, const ShardIndex& layout) {
  const RawFile file = RawFile::open_for_reading(path);
  const std::uint64_t bytes = file.bytes();
  require(bytes == layout.file_bytes, Fault::data,
          fmt::format("{}: has {} bytes, its layout was read when it had {}; copy the file again, or {}", path, bytes,
                      layout.file_bytes, kPackAgain));
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  require(memory != MAP_FAILED, Fault::data, fmt::format("{}: cannot be mapped: {}", path, std::strerror(errno)));
  // Rows are visited in random order; what is read ahead is decided by populate(), not guessed by the kernel.
  ::madvise(memory, bytes, MADV_RANDOM);
  shards_.push_back({&layout, static_cast<const std::byte*>(memory)});
}

void MappedShards::unmap_all() noexcept {
  for (const Mapping& shard : shards_) {
    ::munmap(const_cast<std::byte*>(shard.bytes), shard.layout->file_bytes);
  }
  shards_.clear();
}

RowPlace MappedShards::place_of(std::uint64_t row_in_split) const noexcept {
  const auto after = std::upper_bound(first_rows_.begin(), first_rows_.end(), row_in_split);
  const auto shard = static_cast<std::size_t>(after - first_rows_.begin()) - 1;
  return {shard, row_in_split - first_rows_[shard]};
}

void MappedShards::populate(std::size_t shard, std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes == 0) return;
  static const auto kPageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = offset / kPageBytes * kPageBytes;
  void* memory = const_cast<std::byte*>(shards_[shard].bytes) + begin;
  const std::uint64_t length = offset + bytes - begin;
  ::madvise(memory, length, MADV_WILLNEED);  // one large read instead of one for each page
  if (::madvise(memory, length, kPopulateRead) == 0 || errno != EFAULT) return;
  throw Error(Fault::data, fmt::format("{}: bytes {} to {} cannot be read: the file was cut short while in use, or its "
                                       "disk fails; copy the file again, or {}",
                                       path(shard), offset, offset + bytes, kPackAgain));
}

}  // namespace hpctrain::data
