// System calls on names below one folder descriptor. A copy is valid only together with its record, and the record
// names the copy's inode: whatever a kill leaves half done is a copy without a fitting record, and is made again.
#include "data/cache_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/storage_error.hpp"
#include "core/text_format.hpp"

namespace hpctrain::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartSuffix = ".part";
constexpr std::string_view kRecordSuffix = ".json";
constexpr std::string_view kUnfinishedRecordSuffix = ".json.tmp";
constexpr const char* kLockName = "lock";
constexpr std::size_t kMostRecordBytes = 4096;

std::string with_suffix(const std::string& name, std::string_view suffix) {
  return name + std::string(suffix);
}

bool lies_inside(const fs::path& inner, const fs::path& outer) {
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

/// A folder of our own below `parent`: no link, ours, closed to others.
OwnedDescriptor open_own_folder(int parent, const std::string& name, const fs::path& whole) {
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) throw storage_error("create folder", whole, errno);
  OwnedDescriptor folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) throw storage_error("open folder", whole, errno);
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) throw storage_error("look at", whole, errno);
  require(status.st_uid == ::geteuid() && (status.st_mode & 077) == 0, Fault::storage,
          fmt::format("{}: a node cache must belong to you alone (mode 0700); remove the folder, or give another one "
                      "with cache.dir",
                      whole.string()));
  return folder;
}

void lock_or_throw(int descriptor, int operation, const fs::path& path) {
  int result = 0;
  do {
    result = ::flock(descriptor, operation);
  } while (result != 0 && errno == EINTR);
  if (result != 0) throw storage_error("lock", path, errno);
}

std::string read_small_file(int folder, const std::string& name) {
  const OwnedDescriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text(kMostRecordBytes, '\0');
  const ssize_t got = file.is_open() ? ::read(file.get(), text.data(), text.size()) : 0;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace

fs::path CacheFolder::place_of(const fs::path& base, const std::string& uuid) {
  return base / fmt::format("hpctrain-{}", ::geteuid()) / uuid;
}

CacheFolder::CacheFolder(const fs::path& base, const std::string& uuid, const fs::path& source) {
  std::error_code error;
  fs::create_directories(base, error);
  require(!fs::is_symlink(fs::symlink_status(base, error)), Fault::usage,
          fmt::format("cache.dir {} is a symbolic link; give the folder it leads to", base.string()));
  const fs::path real_base = fs::canonical(base, error);
  if (error) throw storage_error("open folder", base, error.value());
  path_ = place_of(real_base, uuid);
  const fs::path real_source = fs::weakly_canonical(source, error);
  require(!lies_inside(path_, real_source) && !lies_inside(real_source, path_), Fault::usage,
          fmt::format("cache.dir {}: the copies would lie in the data set's own folder {}; give a folder on a disk of "
                      "the node",
                      base.string(), real_source.string()));
  const OwnedDescriptor parent(::open(real_base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.is_open()) throw storage_error("open folder", real_base, errno);
  const OwnedDescriptor own = open_own_folder(parent.get(), path_.parent_path().filename(), path_.parent_path());
  descriptor_ = open_own_folder(own.get(), uuid, path_);
  if (::faccessat(descriptor_.get(), ".", W_OK, AT_EACCESS) != 0) throw storage_error("write", path_, errno);
}

std::optional<CacheRecord> CacheFolder::find_copy(const std::string& name) const {
  struct stat status {};
  if (::fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  auto record = CacheRecord::from_text(read_small_file(descriptor_.get(), with_suffix(name, kRecordSuffix)));
  if (!record || record->copy != FileMark::of(status)) return std::nullopt;
  return record;
}

std::vector<ListedCopy> CacheFolder::list_copies() const {
  std::vector<ListedCopy> copies;
  const int listed = ::openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* folder = listed < 0 ? nullptr : ::fdopendir(listed);
  if (folder == nullptr) return copies;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name(entry->d_name);
    struct stat status {};
    if (name.find(kRecordSuffix) != std::string_view::npos || name == kLockName) continue;
    if (::fstatat(descriptor_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    const bool is_finished = !name.ends_with(kPartSuffix);
    copies.push_back({std::string(is_finished ? name : name.substr(0, name.size() - kPartSuffix.size())),
                      static_cast<std::uint64_t>(status.st_size), is_finished});
  }
  ::closedir(folder);
  return copies;
}

std::uint64_t CacheFolder::used_bytes() const {
  std::uint64_t bytes = 0;
  for (const ListedCopy& copy : list_copies()) bytes += copy.bytes;
  return bytes;
}

OwnedDescriptor CacheFolder::lock_folder() const {
  OwnedDescriptor lock(
      ::openat(descriptor_.get(), kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!lock.is_open()) throw storage_error("open", path_ / kLockName, errno);
  lock_or_throw(lock.get(), LOCK_EX, path_ / kLockName);
  return lock;
}

/// A fresh part, or the one of a dead process; empty when its maker lives.
std::optional<OwnedDescriptor> CacheFolder::open_part(const std::string& name) const {
  const std::string part_name = with_suffix(name, kPartSuffix);
  const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  OwnedDescriptor part(::openat(descriptor_.get(), part_name.c_str(), flags | O_CREAT | O_EXCL, 0600));
  if (!part.is_open() && errno == EEXIST) {
    part = OwnedDescriptor(::openat(descriptor_.get(), part_name.c_str(), flags));
    if (!part.is_open() && errno == ENOENT) return std::nullopt;  // finished just now
  }
  if (!part.is_open()) throw storage_error("create", path_ / part_name, errno);
  if (::flock(part.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw storage_error("lock", path_ / part_name, errno);
  }
  // Between opening and locking its maker may have given it its final name: then the lock is on a finished copy.
  struct stat locked {
  }, named{};
  if (::fstat(part.get(), &locked) != 0 ||
      ::fstatat(descriptor_.get(), part_name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 ||
      locked.st_ino != named.st_ino || !S_ISREG(locked.st_mode)) {
    return std::nullopt;
  }
  if (::ftruncate(part.get(), 0) != 0) throw storage_error("write", path_ / part_name, errno);
  return part;
}

std::optional<PartFile> CacheFolder::start_part(const std::string& name, std::uint64_t bytes,
                                                std::uint64_t limit_bytes) const {
  // Two processes that ask at once must not both take the last of the room.
  const OwnedDescriptor lock = lock_folder();
  std::optional<OwnedDescriptor> part = open_part(name);
  if (!part) return std::nullopt;
  PartFile started{name, std::move(*part)};
  try {
    const std::uint64_t used = used_bytes();
    require(used <= limit_bytes && bytes <= limit_bytes - used, Fault::storage,
            fmt::format("the copies in {} would take more than {}; give more room with cache.dir or cache.limit-gib",
                        path_.string(), format_bytes(limit_bytes)));
    const int error_number = reserve_space(started.descriptor.get(), bytes);
    if (error_number != 0) throw storage_error("write", path_ / with_suffix(name, kPartSuffix), error_number);
  } catch (const Error&) {
    abandon(started);
    throw;
  }
  return started;
}

void CacheFolder::write_record(const std::string& name, const CacheRecord& record) const {
  // One name for all: whoever writes holds the lock, and a later start overwrites what a killed one left.
  const std::string temporary = with_suffix(name, kUnfinishedRecordSuffix);
  const OwnedDescriptor file(::openat(descriptor_.get(), temporary.c_str(),
                                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  int error_number = file.is_open() ? write_fully(file.get(), bytes_of(record.text())) : errno;
  if (error_number == 0 && ::renameat(descriptor_.get(), temporary.c_str(), descriptor_.get(),
                                      with_suffix(name, kRecordSuffix).c_str()) != 0) {
    error_number = errno;
  }
  if (error_number == 0) return;
  ::unlinkat(descriptor_.get(), temporary.c_str(), 0);
  throw storage_error("write", path_ / temporary, error_number);
}

void CacheFolder::rewrite_record(const std::string& name, const CacheRecord& record) const {
  const OwnedDescriptor lock = lock_folder();
  write_record(name, record);
}

std::uint64_t CacheFolder::publish(const PartFile& part, CacheRecord record) const {
  const std::string part_name = with_suffix(part.name, kPartSuffix);
  struct stat status {};
  if (::fstat(part.descriptor.get(), &status) != 0) throw storage_error("look at", path_ / part_name, errno);
  record.copy = FileMark::of(status);
  const OwnedDescriptor lock = lock_folder();
  // The record first: it names an inode that no reader finds before the rename.
  write_record(part.name, record);
  if (::renameat(descriptor_.get(), part_name.c_str(), descriptor_.get(), part.name.c_str()) != 0) {
    throw storage_error("rename", path_ / part_name, errno);
  }
  return record.copy.inode;
}

void CacheFolder::abandon(const PartFile& part) const noexcept {
  ::unlinkat(descriptor_.get(), with_suffix(part.name, kPartSuffix).c_str(), 0);
}

bool CacheFolder::remove_copy(const std::string& name) const noexcept {
  ::unlinkat(descriptor_.get(), with_suffix(name, kRecordSuffix).c_str(), 0);
  return ::unlinkat(descriptor_.get(), name.c_str(), 0) == 0;
}

bool CacheFolder::remove_copy(const std::string& name, std::uint64_t inode) const noexcept {
  struct stat status {};
  if (::fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  return status.st_ino == inode && remove_copy(name);
}

}  // namespace hpctrain::data
