// The folder on a node that holds the copies of one data set for one user. Everything goes through one descriptor of
// it, and only names that it can have made itself are ever removed. Knows no shards and no digests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/owned_descriptor.hpp"
#include "data/cache_record.hpp"

namespace hpctrain::data {

/// A copy as the folder lists it; nobody vouches for what is in it.
struct ListedCopy {
  std::string name;
  std::uint64_t bytes = 0;
  bool is_finished = false;  ///< false: in the making, or left by a kill
};

/// A copy in the making, locked for as long as this lives: its lock tells a live maker from a dead one.
struct PartFile {
  std::string name;  ///< of the copy that it becomes
  OwnedDescriptor descriptor;
};

class CacheFolder {
 public:
  /// Opens BASE/hpctrain-UID/UUID, making what is missing with mode 0700.
  ///   errors  Fault::usage    the folder lies inside the data set's folder, or around it, or BASE is a symbolic link
  ///           Fault::storage  it cannot be made or written, or a part of it is a link or belongs to somebody else
  CacheFolder(const std::filesystem::path& base, const std::string& uuid, const std::filesystem::path& source);

  /// BASE/hpctrain-UID/UUID
  static std::filesystem::path place_of(const std::filesystem::path& base, const std::string& uuid);
  const std::filesystem::path& path() const noexcept { return path_; }
  /// The record of a copy that is what its record says; empty when there is none, or it was written to since.
  std::optional<CacheRecord> find_copy(const std::string& name) const;
  std::vector<ListedCopy> list_copies() const;
  /// Bytes of all copies, those in the making included.
  std::uint64_t used_bytes() const;

  /// Begins a copy of `bytes`, taking over what a dead process left. Empty while another process makes it.
  ///   errors  Fault::storage when there is no space, or copies would take more than `limit_bytes`
  std::optional<PartFile> start_part(const std::string& name, std::uint64_t bytes, std::uint64_t limit_bytes) const;
  /// Gives a finished part its name, with its record beside it; the copy's inode.   errors  Fault::storage
  std::uint64_t publish(const PartFile& part, CacheRecord record) const;
  /// For a copy that was read once more and is still what it was.   errors  Fault::storage
  void rewrite_record(const std::string& name, const CacheRecord& record) const;
  void abandon(const PartFile& part) const noexcept;
  /// Removes a copy and its record. False when there was none.
  bool remove_copy(const std::string& name) const noexcept;
  /// Removes a copy unless it is another file by now.
  bool remove_copy(const std::string& name, std::uint64_t inode) const noexcept;

 private:
  OwnedDescriptor lock_folder() const;
  std::optional<OwnedDescriptor> open_part(const std::string& name) const;
  void write_record(const std::string& name, const CacheRecord& record) const;

  std::filesystem::path path_;
  OwnedDescriptor descriptor_;
};

}  // namespace hpctrain::data
