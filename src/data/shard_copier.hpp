// Makes one verified copy of a shard, reading the source once from front to back. Knows a folder of copies and the
// digests of the manifest; not who asks, nor what else is copied.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "data/cache_folder.hpp"
#include "data/dataset_index.hpp"
#include "data/raw_file.hpp"

namespace hpctrain::data {

/// How bytes of the source are read; a test can make them late or wrong.
using ReadSource = std::function<void(const RawFile& file, std::uint64_t offset, std::span<std::byte> destination)>;

enum class CopyOutcome {
  made,         ///< by this call
  found,        ///< there was one already
  busy,         ///< another process makes it
  stopped,      ///< before its end, as asked
  no_space,     ///< or not allowed to take more, or the folder cannot be written
  unreadable,   ///< the source cannot be read, or changed meanwhile
  not_genuine,  ///< the bytes have not the digest that the manifest says
};

struct CopyReport {
  CopyOutcome outcome = CopyOutcome::made;
  std::string words;               ///< of what went wrong
  std::uint64_t inode = 0;         ///< of the copy
  std::uint64_t source_bytes = 0;  ///< read for it
  bool is_verified = true;         ///< as a whole, since the node started
};

/// What becomes of a copy that was verified before the node started anew: nothing had synced it.
enum class OlderCopy { read_first, taken };

struct FoundCopy {
  std::uint64_t inode = 0;
  bool is_verified = true;  ///< false only of an older one that was taken
};

class ShardCopier {
 public:
  ///   `index` and `folder` must outlive this
  ShardCopier(const DatasetIndex& index, const CacheFolder& folder, ReadSource read_source = {});

  static std::string copy_name(const ShardIndex& shard);

  /// A copy made by anybody whose record says the digest of the manifest.
  ///   errors  none; a copy that cannot be read is none
  std::optional<FoundCopy> find(std::size_t shard, OlderCopy older = OlderCopy::read_first) const;

  /// Finds a copy or makes one.
  ///   blocks  while the source is read; `stops` ends it after the current piece
  ///   cost    one read of the source in pieces of 8 MiB, hashed as they are written
  CopyReport copy(std::size_t shard, std::uint64_t limit_bytes, const std::atomic<bool>& stops) const;

 private:
  CopyReport start_and_fill(std::size_t shard, std::uint64_t limit_bytes, const std::atomic<bool>& stops) const;
  void fill(const ShardIndex& layout, const PartFile& part, const std::atomic<bool>& stops, CopyReport& report) const;
  std::string digest_while_copying(const RawFile& source, const PartFile& part, const std::atomic<bool>& stops,
                                   CopyReport& report) const;

  const DatasetIndex& index_;
  const CacheFolder& folder_;
  ReadSource read_source_;
};

}  // namespace hpctrain::data
