// The seam between everything that must survive a crash and the disk. The real twin is posix_file_system.cpp; the
// simulated twin (simulated_file_system.hpp) can crash at operation k, drop unsynced data, tear a write, return errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain {

/// A file being written from front to back. Every call throws Fault::storage naming the path and the system's reason.
/// Dropping the object without close() leaves whatever was written; the name decides its fate (see durable_write.hpp).
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Blocks until data and size are on stable storage. After an error the file must be discarded, never synced again:
  /// the kernel may have dropped the dirty pages and would report success the second time.
  virtual void sync() = 0;
  virtual void close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Creates `path` anew, mode 0666 & ~umask; an existing file is an error (O_EXCL).
  virtual std::unique_ptr<WritableFile> create_file(const std::filesystem::path& path) = 0;
  virtual std::string read_file(const std::filesystem::path& path) = 0;
  virtual bool exists(const std::filesystem::path& path) = 0;
  virtual std::uint64_t file_bytes(const std::filesystem::path& path) = 0;
  /// Names (not paths) in the folder, sorted bytewise.
  virtual std::vector<std::string> list_folder(const std::filesystem::path& folder) = 0;
  /// Creates the folder and its missing parents; existing is fine.
  virtual void create_folders(const std::filesystem::path& folder) = 0;
  virtual void rename_replacing(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Fails when `to` exists.
  virtual void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Removes one file, or a folder with all it holds; missing is fine.
  virtual void remove_all(const std::filesystem::path& path) = 0;
  /// Makes the folder's entries (creations, renames, removals) durable.
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
};

/// The process's real file system.
FileSystem& posix_file_system();

/// Replaces `path` by `contents` so that after a crash the file holds the old or the new text, never a mixture:
/// temporary beside it, write, sync, rename, sync of the folder.
///   errors  Fault::storage; the temporary is removed
void write_file_durably(FileSystem& files, const std::filesystem::path& path, std::string_view contents);

/// The same for a file that is not there yet; false, with nothing changed, when somebody else was first.
bool write_new_file_durably(FileSystem& files, const std::filesystem::path& path, std::string_view contents);

}  // namespace hpctrain
