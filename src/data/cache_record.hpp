// What stands beside a copy on a node: where it came from, what it is, and what its file looked like when it was made.
// A later start trusts the copy by this text alone, without reading the source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct stat;
struct timespec;

namespace hpctrain::data {

/// What tells a file from another one, or from itself before it was written to.
struct FileMark {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;

  static FileMark of(const struct stat& status) noexcept;
  bool operator==(const FileMark&) const = default;
};

std::int64_t nanoseconds_of(const struct timespec& moment) noexcept;

struct CacheRecord {
  FileMark source;        ///< when it was copied
  FileMark copy;          ///< when it was finished
  std::string xxh3_128;   ///< of all bytes, 32 hexadecimal digits
  std::string boot_uuid;  ///< of the node's system: nothing was synced, so after a crash the copy is read once more

  std::string text() const;
  /// Empty for a text that is no record.
  static std::optional<CacheRecord> from_text(std::string_view text);
  bool operator==(const CacheRecord&) const = default;
};

/// Of the running system; empty where the kernel does not say.
std::string running_boot_uuid();

}  // namespace hpctrain::data
