// Exclusive creation is the one operation that is atomic on every shared file system, NFS included.
#include "checkpoint/incarnation.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "checkpoint/catalogue.hpp"
#include "comm/host_name.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr std::string_view kFencePrefix = "FENCE-";
constexpr const char* kRunIdFile = "RUN_ID";
constexpr std::size_t kRunIdBytes = 16;
constexpr int kMostClaims = 100;

std::string fence_file_name(std::uint64_t fence) {
  return fmt::format("{}{:010}", kFencePrefix, fence);
}

std::optional<std::uint64_t> find_fence(std::string_view name) {
  if (!name.starts_with(kFencePrefix)) return std::nullopt;
  const std::string_view digits = name.substr(kFencePrefix.size());
  std::uint64_t fence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fence);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return fence;
}

std::string describe_self() {
  return nlohmann::json{{"host", comm::host_name()},
                        {"pid", static_cast<std::int64_t>(::getpid())},
                        {"started_unix", static_cast<std::int64_t>(unix_seconds())}}
             .dump() +
         '\n';
}

/// For a message only: the file may be half written or already replaced by a still newer one.
std::string describe_owner(FileSystem& files, const std::filesystem::path& path) {
  try {
    const auto owner = nlohmann::json::parse(files.read_file(path));
    return fmt::format("on host {}, process {}", owner.at("host").get<std::string>(),
                       owner.at("pid").get<std::int64_t>());
  } catch (const std::exception&) {
    return "on an unknown host";
  }
}

}  // namespace

Incarnation::Incarnation(FileSystem& files, std::filesystem::path run_folder)
    : files_(files), run_folder_(std::move(run_folder)), folder_(checkpoints_folder(run_folder_)) {
  for (int attempt = 0; attempt < kMostClaims; ++attempt) {
    fence_ = newest_fence() + 1;
    if (claim(fence_)) {
      run_id_ = load_or_make_run_id();
      remove_older();
      return;
    }
  }
  throw Error(Fault::fenced, fmt::format("run {}: {} other starts took it over at this moment; start it once",
                                         run_folder_.string(), kMostClaims));
}

void Incarnation::require_newest() const {
  const std::uint64_t newest = newest_fence_file();
  if (newest <= fence_) return;
  throw Error(Fault::fenced,
              fmt::format("run {}: a newer start {} took it over; this older one writes nothing more and ends",
                          run_folder_.string(), describe_owner(files_, folder_ / fence_file_name(newest))));
}

std::uint64_t Incarnation::newest_fence_file() const {
  std::uint64_t newest = 0;
  for (const std::string& name : files_.list_folder(folder_)) {
    newest = std::max(newest, find_fence(name).value_or(0));
  }
  return newest;
}

/// Manifests count too: the run folder may have been copied without its FENCE file.
std::uint64_t Incarnation::newest_fence() const {
  std::uint64_t newest = newest_fence_file();
  for (const CheckpointInfo& info : list_checkpoints(files_, run_folder_)) {
    if (info.manifest) newest = std::max(newest, info.manifest->fence);
  }
  return newest;
}

bool Incarnation::claim(std::uint64_t fence) {
  const auto path = folder_ / fence_file_name(fence);
  std::unique_ptr<WritableFile> file;
  try {
    file = files_.create_file(path);
  } catch (const Error&) {
    if (files_.exists(path)) return false;  // somebody else was faster: count again
    throw;
  }
  const std::string self = describe_self();
  file->write(bytes_of(self));
  file->sync();
  file->close();
  files_.sync_folder(folder_);
  return true;
}

void Incarnation::remove_older() {
  try {
    for (const std::string& name : files_.list_folder(folder_)) {
      if (find_fence(name).value_or(fence_) < fence_) files_.remove_all(folder_ / name);
    }
  } catch (const Error& error) {
    log_warning("{}; old fence files stay, which is harmless", error.what());
  }
}

std::optional<std::string> Incarnation::load_run_id() const {
  const auto path = folder_ / kRunIdFile;
  if (!files_.exists(path)) return std::nullopt;
  std::string run_id = files_.read_file(path);
  if (!run_id.empty() && run_id.back() == '\n') run_id.pop_back();
  return is_safe_file_name(run_id) ? std::optional(run_id) : std::nullopt;
}

/// A lost file is taken from the newest checkpoint, so that a run never loses its checkpoints with it. Of several first
/// starts at a time the one that names the run first names it for all.
std::string Incarnation::load_or_make_run_id() {
  if (auto known = load_run_id()) return *std::move(known);
  std::string run_id = random_hex(kRunIdBytes);
  for (const CheckpointInfo& info : list_checkpoints(files_, run_folder_)) {
    if (!info.manifest) continue;
    run_id = info.manifest->run_id;
    break;
  }
  const auto path = folder_ / kRunIdFile;
  if (write_new_file_durably(files_, path, run_id + '\n')) return run_id;
  if (auto known = load_run_id()) return *std::move(known);
  write_file_durably(files_, path, run_id + '\n');  // what stands there is no name
  return run_id;
}

}  // namespace hpctrain::checkpoint
