#include "tools/storage_probes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

#include "core/clock.hpp"
#include "core/owned_descriptor.hpp"
#include "core/run_identifier.hpp"
#include "core/storage_error.hpp"
#include "tools/own_folder.hpp"

namespace hpctrain::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kPiecesOfAFile = 4;

std::string reason_of(int error_number) {
  return std::generic_category().message(error_number);
}

/// Disks and file systems that compress would be faster with zeros.
std::vector<std::byte> make_noise() {
  std::vector<std::byte> noise(kPieceBytes);
  std::mt19937_64 generator(1);
  for (std::size_t i = 0; i + sizeof(std::uint64_t) <= noise.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = generator();
    std::copy_n(reinterpret_cast<const std::byte*>(&word), sizeof(word),
                noise.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return noise;
}

std::uint64_t read_file_once(const fs::path& path, std::uint64_t most_bytes, const Stopwatch& watch,
                             double most_seconds) {
  const OwnedDescriptor file = open_retrying(path, O_RDONLY);
  if (!file.is_open()) throw storage_error("open", path, errno);
  // What this node read before says nothing of the disk. A wish only: network file systems may keep their own copies.
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  std::vector<std::byte> piece(kPieceBytes);
  std::uint64_t total = 0;
  while (total < most_bytes && watch.seconds() < most_seconds) {
    const ssize_t got = ::pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(total));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw storage_error("read", path, errno);
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
  }
  return total;
}

}  // namespace

Throughput measure_reading(const std::vector<fs::path>& files, const ProbeBounds& bounds) {
  Throughput reading;
  const Stopwatch watch;
  for (const fs::path& file : files) {
    if (reading.bytes >= bounds.bytes || watch.seconds() >= bounds.seconds) break;
    reading.bytes += read_file_once(file, bounds.bytes - reading.bytes, watch, bounds.seconds);
  }
  reading.seconds = watch.seconds();
  return reading;
}

Throughput measure_writing(FileSystem& files, const fs::path& folder, const ProbeBounds& bounds) {
  const OwnFolder own(files, folder / (".hpctrain-probe-" + random_hex(4)));
  const std::vector<std::byte> noise = make_noise();
  Throughput writing;
  const Stopwatch watch;
  for (int number = 0; writing.bytes < bounds.bytes && watch.seconds() < bounds.seconds; ++number) {
    const auto file = files.create_file(own.path() / std::to_string(number));
    for (std::size_t piece = 0; piece < kPiecesOfAFile; ++piece) file->write(noise);
    file->sync();
    file->close();
    writing.bytes += kPiecesOfAFile * kPieceBytes;
  }
  files.sync_folder(own.path());
  writing.seconds = watch.seconds();
  return writing;
}

std::string find_lock_obstacle(const fs::path& file) {
  const OwnedDescriptor opened = open_retrying(file, O_RDONLY);
  if (!opened.is_open()) return fmt::format("{} cannot be opened: {}", file.string(), reason_of(errno));
  if (::flock(opened.get(), LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK || errno == EINTR) return {};
  return fmt::format("{} cannot be locked: {}", file.string(), reason_of(errno));
}

std::string find_write_obstacle(const fs::path& folder) {
  const fs::path path = folder / (".hpctrain-probe-" + random_hex(4));
  const OwnedDescriptor file = open_retrying(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) return fmt::format("{} cannot be written: {}", folder.string(), reason_of(errno));
  const int error_number = write_fully(file.get(), make_noise());
  const std::string unlocked = find_lock_obstacle(path);
  ::unlink(path.c_str());
  if (error_number != 0) return fmt::format("{} cannot be written: {}", folder.string(), reason_of(error_number));
  return unlocked.empty() ? unlocked : fmt::format("files in {} cannot be locked", folder.string());
}

fs::path nearest_existing(fs::path folder) {
  std::error_code unreadable;
  while (!fs::is_directory(folder, unreadable) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

}  // namespace hpctrain::tools
