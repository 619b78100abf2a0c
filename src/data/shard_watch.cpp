#include "data/shard_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/error.hpp"
#include "data/raw_file.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {

std::optional<FileStamp> FileStamp::of(const std::filesystem::path& file) noexcept {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileStamp{FileMark::of(status), nanoseconds_of(status.st_ctim)};
}

void ShardWatch::note_opening(std::size_t shard, const std::filesystem::path& file) {
  const auto stamp = FileStamp::of(file);
  const std::lock_guard lock(mutex_);
  if (stamp) noted_[{shard, file}] = *stamp;
}

void ShardWatch::require_unchanged(
    const std::function<bool(std::size_t shard, const std::filesystem::path& file)>& is_in_use) {
  const std::lock_guard lock(mutex_);
  for (auto entry = noted_.begin(); entry != noted_.end();) {
    const auto& [shard, file] = entry->first;
    // Taken before the file is read: what is written while it is read is found the next time.
    const auto now = FileStamp::of(file);
    const bool is_ours = now && now->mark.inode == entry->second.mark.inode;
    if (is_ours && *now != entry->second) {
      require_sound(shard, file);
      entry->second = *now;
    }
    entry = is_in_use(shard, file) ? std::next(entry) : noted_.erase(entry);
  }
}

void ShardWatch::require_sound(std::size_t shard, const std::filesystem::path& file) const {
  ShardIndex expected = layout_.shard(shard);
  expected.path = file.string();
  expected.file_xxh3_128.clear();  // HDF5's own bytes may differ, as h5repack leaves them: the rows decide
  const auto findings = verify_shard(RawFile::open_for_reading(file), expected, layout_.fields());
  require(findings.empty(), Fault::data,
          fmt::format("{} was written to while it was in use, so that what was read from it may be wrong: {}",
                      file.string(), findings.empty() ? "" : findings.front()));
}

}  // namespace hpctrain::data
