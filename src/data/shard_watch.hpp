// Notices shards that are written to after a reader opened them: digests are checked once, at the first touch, and a
// file rewritten in place changes under a mapping without a word. Asked when a result is about to be kept; costs the
// readers nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "data/cache_record.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {

/// What the file system says of a file: after a write it says something else.
struct FileStamp {
  FileMark mark;
  std::int64_t changed_ns = 0;  ///< of the inode: moves on even where the writer sets the modification time back

  /// Empty when there is no such file.
  static std::optional<FileStamp> of(const std::filesystem::path& file) noexcept;
  bool operator==(const FileStamp&) const = default;
};

class ShardWatch {
 public:
  /// `layout` must outlive this.
  explicit ShardWatch(const SplitLayout& layout) : layout_(layout) {}

  /// Call before `file` is opened as a shard of the split.
  void note_opening(std::size_t shard, const std::filesystem::path& file);

  /// Every file noted so far holds what the index says; afterwards those are forgotten that `is_in_use` denies. A file
  /// that another one replaced, or that is gone, is not asked: whoever opened it still reads what it held.
  ///   blocks  one stat call for each file; one that was written to is read and hashed as a whole
  ///   errors  Fault::data naming the file and its first damaged part
  void require_unchanged(const std::function<bool(std::size_t shard, const std::filesystem::path& file)>& is_in_use);

 private:
  void require_sound(std::size_t shard, const std::filesystem::path& file) const;

  const SplitLayout& layout_;
  std::mutex mutex_;
  std::map<std::pair<std::size_t, std::filesystem::path>, FileStamp> noted_;
};

}  // namespace hpctrain::data
