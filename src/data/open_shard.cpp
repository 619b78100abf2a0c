// mmap, madvise and preadv behind OpenShard.
#include "data/open_shard.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/integer_division.hpp"
#include "data/bus_error_guard.hpp"
#include "data/damaged_place.hpp"
#include "data/large_page.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr int kPopulateRead = 22;     // MADV_POPULATE_READ, Linux 5.14; older C libraries do not name it
constexpr long kCacheStatCall = 451;  // cachestat(2), Linux 6.5; older C libraries do not name it
constexpr std::size_t kMostPieces = 64;

struct Copy {
  std::byte* destination;
  const std::byte* source;
  std::size_t bytes;
};

void copy_bytes(void* argument) {
  const auto* copy = static_cast<const Copy*>(argument);
  std::memcpy(copy->destination, copy->source, copy->bytes);
}

RawFile open_file(std::size_t shard, const std::filesystem::path& path, std::uint64_t expected_bytes) {
  try {
    RawFile file = RawFile::open_for_reading(path);
    const std::uint64_t bytes = file.bytes();
    require(bytes == expected_bytes, Fault::data,
            fmt::format("{}: has {} bytes, its layout was read when it had {}; copy the file again, or {}",
                        path.string(), bytes, expected_bytes, kPackAgain));
    return file;
  } catch (const Error& error) {
    throw DamagedPlace(shard, error.what());
  }
}

std::uint64_t page_bytes() {
  static const auto kBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return kBytes;
}

/// Whether every page of a range is in the page cache; empty where the kernel cannot or will not say.
std::optional<bool> is_in_page_cache(int descriptor, std::uint64_t offset, std::uint64_t bytes) {
  struct {
    std::uint64_t offset, bytes;
  } range{offset, bytes};
  struct {
    std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } pages{};
  if (::syscall(kCacheStatCall, descriptor, &range, &pages, 0) != 0) return std::nullopt;
  return pages.cached >= divide_up(bytes, page_bytes());
}

/// Descriptors that a data set of many shards leaves to others.
bool is_descriptor_spare(int descriptor) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(descriptor) < limit.rlim_cur / 2;
}

}  // namespace

OpenShard::OpenShard(const SplitLayout& layout, std::size_t shard, ShardLocation location, Access access)
    : location_(std::move(location)),
      shard_(shard),
      file_bytes_(layout.shard(shard).file_bytes),
      blocks_left_(access.opens_blocks ? layout.blocks(shard) : 0),
      opened_(std::make_unique<std::atomic<std::uint64_t>[]>(layout.blocks(shard) / 64 + 1)),
      resident_(layout.columns()) {
  RawFile file = open_file(shard, location_.file, file_bytes_);
  if (!access.is_mapped) {
    file_ = std::make_unique<RawFile>(std::move(file));
    return;
  }
  void* memory = ::mmap(nullptr, file_bytes_, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (memory == MAP_FAILED) {
    throw DamagedPlace(shard, fmt::format("{}: cannot be mapped: {}; set data.engine to pread", location_.file.string(),
                                          std::strerror(errno)));
  }
  // Rows are visited in random order; what is read ahead is decided by populate(), not guessed by the kernel.
  ::madvise(memory, file_bytes_, MADV_RANDOM);
  asks_for_large_pages_ = access.asks_for_large_pages && ::madvise(memory, file_bytes_, MADV_HUGEPAGE) == 0;
  mapped_ = static_cast<const std::byte*>(memory);
  if (access.opens_blocks && is_descriptor_spare(file.descriptor())) file_ = std::make_unique<RawFile>(std::move(file));
}

OpenShard::~OpenShard() {
  if (mapped_ != nullptr) ::munmap(const_cast<std::byte*>(mapped_), file_bytes_);
}

void OpenShard::read_at(std::uint64_t offset, std::span<std::byte> destination) const {
  if (mapped_ != nullptr) {
    Copy copy{destination.data(), mapped_ + offset, destination.size()};
    if (!run_guarded(copy_bytes, &copy)) fail_reading(offset, destination.size());
    return;
  }
  read_into(offset, {&destination, 1});
}

void OpenShard::read_into(std::uint64_t offset, std::span<const std::span<std::byte>> destinations) const {
  while (!destinations.empty()) {
    std::array<iovec, kMostPieces> pieces;
    const std::size_t count = std::min(destinations.size(), kMostPieces);
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      pieces[i] = {destinations[i].data(), destinations[i].size()};
      left += destinations[i].size();
    }
    iovec* piece = pieces.data();
    while (left > 0) {
      const auto pieces_left = static_cast<int>(pieces.data() + count - piece);
      const ssize_t got = ::preadv(file_->descriptor(), piece, pieces_left, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail_reading(offset, left);
      auto taken = static_cast<std::size_t>(got);
      offset += taken;
      left -= taken;
      for (; taken > 0 && taken >= piece->iov_len; ++piece) taken -= piece->iov_len;
      if (taken > 0) *piece = {static_cast<std::byte*>(piece->iov_base) + taken, piece->iov_len - taken};
    }
    destinations = destinations.subspan(count);
  }
}

void OpenShard::populate(std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes == 0) return;
  const std::uint64_t begin = offset / page_bytes() * page_bytes();
  void* memory = const_cast<std::byte*>(mapped_) + begin;
  const std::uint64_t length = offset + bytes - begin;
  const auto is_cached = [&] {
    return file_ ? is_in_page_cache(file_->descriptor(), begin, length) : std::optional<bool>();
  };
  std::optional<bool> is_there = is_cached();
  if (asks_for_large_pages_ && is_there == false) {
    // Most kernels since 5.18 read 2 MiB for a page, as one page where the file system keeps such. Every large page of
    // the range is asked for: one of which a part was read in small pages can never become large.
    for (std::uint64_t at = begin; at < begin + length; at = round_up(at + 1, kLargePageBytes)) {
      ::madvise(const_cast<std::byte*>(mapped_) + at, page_bytes(), kPopulateRead);
    }
    is_there = is_cached();
  }
  // One large read instead of one for each page. Where nothing is to be read, the call only costs: it visits each page.
  if (is_there != true) ::madvise(memory, length, MADV_WILLNEED);
  if (::madvise(memory, length, kPopulateRead) == 0 || errno != EFAULT) return;
  fail_reading(offset, bytes);
}

bool OpenShard::note_open(std::uint64_t block) noexcept {
  const std::uint64_t bit = 1ull << (block % 64);
  if ((opened_[block / 64].fetch_or(bit, std::memory_order_acq_rel) & bit) != 0) return false;
  blocks_left_.fetch_sub(1, std::memory_order_acq_rel);
  return true;
}

const std::byte* OpenShard::keep_resident(std::size_t column, ResidentMemory bytes) {
  const std::lock_guard lock(resident_mutex_);
  if (const std::byte* kept = resident(column)) return kept;
  owned_.push_back(std::move(bytes));
  resident_[column].store(owned_.back().get(), std::memory_order_release);
  return owned_.back().get();
}

void OpenShard::fail_reading(std::uint64_t offset, std::uint64_t bytes) const {
  throw DamagedPlace(shard_, fmt::format("{}: bytes {} to {} cannot be read: the file was cut short while in use, or "
                                         "its disk fails; copy the file again, or {}",
                                         location_.file.string(), offset, offset + bytes, kPackAgain));
}

}  // namespace hpctrain::data
