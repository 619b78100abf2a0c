// See output_folder.hpp. Only files with names of our own making are ever removed.
#include "pack/output_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/storage_error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::pack {
namespace {

bool is_shard_name(std::string_view name) {
  return name.starts_with("shard-") && (name.ends_with(".h5") || name.ends_with(".tmp"));
}

std::filesystem::path manifest_temporary(const std::filesystem::path& folder) {
  return folder / (std::string(data::kManifestName) + std::string(data::kTemporarySuffix));
}

void remove_packed_files(const std::filesystem::path& folder) noexcept {
  std::error_code ignored;
  const std::filesystem::path shards = folder / data::kShardFolder;
  std::filesystem::remove(manifest_temporary(folder), ignored);
  for (std::filesystem::directory_iterator entry(shards, ignored), end; entry != end; entry.increment(ignored)) {
    if (is_shard_name(entry->path().filename().string())) std::filesystem::remove(entry->path(), ignored);
  }
  std::filesystem::remove(shards, ignored);
}

}  // namespace

OutputContents packed_contents() {
  return {data::kManifestName, ".hpctrain-packing", "packed data set", remove_packed_files, remove_packed_files};
}

OutputFolder::OutputFolder(const std::filesystem::path& folder, const OutputContents& contents)
    : folder_(folder), contents_(contents) {
  FileSystem& files = posix_file_system();
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(folder_, error);
  require(
      std::filesystem::status_known(status), Fault::storage,
      fmt::format("{}: cannot be looked at ({}); choose another folder with -o", folder_.string(), error.message()));
  was_created_ = !std::filesystem::exists(status);
  require(was_created_ || std::filesystem::is_directory(status), Fault::usage,
          fmt::format("{}: is not a folder; choose another with -o", folder_.string()));
  files.create_folders(folder_);
  claim();
  contents_.start_over(folder_);
}

void OutputFolder::claim() {
  FileSystem& files = posix_file_system();
  const std::filesystem::path marker = folder_ / contents_.marker;
  const std::vector<std::string> names = files.list_folder(folder_);
  require_unfinished();
  require(names.empty() || files.exists(marker), Fault::usage,
          fmt::format("{}: is not empty and holds no unfinished pack; choose an empty or new folder with -o",
                      folder_.string()));
  marker_ = open_retrying(marker, O_RDWR | O_CREAT);
  if (!marker_.is_open()) throw storage_error("create", marker, errno);
  // File systems without locks (some Lustre mounts) say ENOSYS or ENOTSUP; then two packers at once are not noticed.
  require(::flock(marker_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, Fault::usage,
          fmt::format("{}: another hpctrain-pack is writing there; wait for it, or choose another folder with -o",
                      folder_.string()));
  require_own_marker();
  if (files.exists(folder_ / contents_.last_file)) files.remove_all(marker);
  require_unfinished();
}

void OutputFolder::require_unfinished() const {
  require(!posix_file_system().exists(folder_ / contents_.last_file), Fault::usage,
          fmt::format("{}: holds a {} already; choose another folder with -o, or remove this one", folder_.string(),
                      contents_.name));
}

/// Whoever had the lock before may have finished, or given up, and removed the file that was locked.
void OutputFolder::require_own_marker() const {
  struct stat locked {};
  struct stat named {};
  const bool is_own = ::fstat(marker_.get(), &locked) == 0 &&
                      ::stat((folder_ / contents_.marker).c_str(), &named) == 0 && locked.st_dev == named.st_dev &&
                      locked.st_ino == named.st_ino;
  require(is_own, Fault::usage,
          fmt::format("{}: another hpctrain-pack was writing there until now; see what it left and start again",
                      folder_.string()));
}

OutputFolder::~OutputFolder() {
  if (is_kept_) return;
  contents_.remove_written(folder_);
  std::error_code ignored;
  std::filesystem::remove(folder_ / contents_.marker, ignored);
  if (was_created_) std::filesystem::remove(folder_, ignored);
}

void OutputFolder::keep() {
  is_kept_ = true;
  posix_file_system().remove_all(folder_ / contents_.marker);
  posix_file_system().sync_folder(folder_);
}

}  // namespace hpctrain::pack
