// The real file system. Owns every system call on files that must survive a crash; must not know what they hold.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/file_system.hpp"
#include "core/owned_descriptor.hpp"
#include "core/portable_rename.hpp"
#include "core/storage_error.hpp"

namespace hpctrain {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWriteBackBytes = 8u << 20;

struct CloseFolder {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

class PosixWritableFile final : public WritableFile {
 public:
  explicit PosixWritableFile(const fs::path& path)
      : path_(path), descriptor_(open_retrying(path, O_WRONLY | O_CREAT | O_EXCL)) {
    if (!descriptor_.is_open()) throw storage_error("create", path_, errno);
  }

  void write(std::span<const std::byte> bytes) override {
    require_open();
    const int error_number = write_fully(descriptor_.get(), bytes);
    if (error_number != 0) throw storage_error("write", path_, error_number);
    written_bytes_ += bytes.size();
    if (written_bytes_ - started_bytes_ >= kWriteBackBytes) start_write_back();
  }

  void sync() override {
    require_open();
    // An interrupted fsync has not failed yet; a failed one must never be repeated (file_system.hpp).
    int result = 0;
    do {
      result = ::fsync(descriptor_.get());
    } while (result != 0 && errno == EINTR);
    if (result != 0) throw storage_error("sync", path_, errno);
  }

  void close() override {
    require_open();
    // NFS reports a full disk here. Linux frees the descriptor even when close fails, so it is never repeated.
    if (::close(descriptor_.release()) != 0 && errno != EINTR) throw storage_error("close", path_, errno);
  }

 private:
  void require_open() const { require_invariant(descriptor_.is_open(), "a closed file was used"); }

  /// Sets the disk to work while the caller prepares its next bytes, instead of leaving all of it to sync(). Only a
  /// hint: what it cannot do, or fails to write, sync() does or reports.
  void start_write_back() {
    ::sync_file_range(descriptor_.get(), static_cast<off64_t>(started_bytes_),
                      static_cast<off64_t>(written_bytes_ - started_bytes_), SYNC_FILE_RANGE_WRITE);
    started_bytes_ = written_bytes_;
  }

  fs::path path_;
  OwnedDescriptor descriptor_;
  std::uint64_t written_bytes_ = 0;
  std::uint64_t started_bytes_ = 0;  ///< of them handed to the disk
};

class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<WritableFile> create_file(const fs::path& path) override {
    return std::make_unique<PosixWritableFile>(path);
  }

  std::string read_file(const fs::path& path) override {
    const OwnedDescriptor descriptor = open_to_read(path);
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) throw storage_error("read", path, errno);
    // One byte more than the file should have lets the last read see its end; files without a size (/proc) grow.
    std::string contents(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1, '\0');
    std::size_t filled = 0;
    while (true) {
      if (filled == contents.size()) contents.resize(2 * filled + 4096);
      const ssize_t count = ::read(descriptor.get(), contents.data() + filled, contents.size() - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw storage_error("read", path, errno);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    contents.resize(filled);
    return contents;
  }

  bool exists(const fs::path& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw storage_error("look at", path, errno);
  }

  std::uint64_t file_bytes(const fs::path& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw storage_error("look at", path, errno);
    if (!S_ISREG(status.st_mode)) throw storage_error("measure", path, EISDIR);
    return static_cast<std::uint64_t>(status.st_size);
  }

  std::vector<std::string> list_folder(const fs::path& folder) override {
    const std::unique_ptr<DIR, CloseFolder> stream(::opendir(folder.c_str()));
    if (!stream) throw storage_error("list", folder, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) throw storage_error("list", folder, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  void create_folders(const fs::path& folder) override {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw storage_error("create folder", folder, error.value());
    // A file of that name is no error to create_directories.
    if (!fs::is_directory(folder, error)) throw storage_error("create folder", folder, ENOTDIR);
  }

  void rename_replacing(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) throw rename_error(from, to, errno);
  }

  void rename_no_replace(const fs::path& from, const fs::path& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    const int error_number = errno;
    const bool is_lacking = error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP;
    if (!is_lacking) throw rename_error(from, to, error_number);
    rename_no_replace_portably(from, to);
  }

  void remove_all(const fs::path& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) throw storage_error("remove", path, error.value());
  }

  void sync_folder(const fs::path& folder) override {
    const OwnedDescriptor descriptor = open_retrying(folder, O_RDONLY | O_DIRECTORY);
    if (!descriptor.is_open()) throw storage_error("open folder", folder, errno);
    int result = 0;
    do {
      result = ::fsync(descriptor.get());
    } while (result != 0 && errno == EINTR);
    // File systems without folder syncs (some network and FUSE mounts) commit entries at once and say EINVAL.
    if (result != 0 && errno != EINVAL && errno != EOPNOTSUPP) throw storage_error("sync folder", folder, errno);
  }

 private:
  static OwnedDescriptor open_to_read(const fs::path& path) {
    OwnedDescriptor descriptor = open_retrying(path, O_RDONLY);
    if (!descriptor.is_open()) throw storage_error("open", path, errno);
    return descriptor;
  }

  static Error rename_error(const fs::path& from, const fs::path& to, int error_number) {
    return storage_error("rename " + from.string() + " to", to, error_number);
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace hpctrain
