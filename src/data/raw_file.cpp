// POSIX calls behind RawFile: short transfers and interrupted calls are carried on, every error is named.
#include "data/raw_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"
#include "core/storage_error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

Error read_error(const std::filesystem::path& path, int error_number) {
  return Error(Fault::data, fmt::format("cannot read {}: {}; put the file back, or {}", path.string(),
                                        std::strerror(error_number), kPackAgain));
}

}  // namespace

RawFile::RawFile(std::filesystem::path path, OwnedDescriptor descriptor) noexcept
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

RawFile RawFile::open_for_reading(const std::filesystem::path& path) {
  // O_NONBLOCK: a named pipe put in the file's place must not hang us.
  RawFile file(path, open_retrying(path, O_RDONLY | O_NONBLOCK));
  if (!file.descriptor_.is_open()) throw read_error(path, errno);
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) throw read_error(path, errno);
  require(S_ISREG(status.st_mode), Fault::data, fmt::format("cannot read {}: it is not a regular file", path.string()));
  return file;
}

RawFile RawFile::open_for_writing(const std::filesystem::path& path) {
  RawFile file(path, open_retrying(path, O_RDWR));
  if (!file.descriptor_.is_open()) throw storage_error("open", path, errno);
  return file;
}

std::uint64_t RawFile::bytes() const {
  struct stat status {};
  if (::fstat(descriptor(), &status) != 0) throw read_error(path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void RawFile::read_at(std::uint64_t offset, std::span<std::byte> destination) const {
  while (!destination.empty()) {
    const ssize_t got = ::pread(descriptor(), destination.data(), destination.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw read_error(path_, errno);
    require(got > 0, Fault::data,
            fmt::format("{}: ends {} bytes too early; {}", path_.string(), destination.size(), kPackAgain));
    destination = destination.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void RawFile::write_at(std::uint64_t offset, std::span<const std::byte> source) {
  while (!source.empty()) {
    const ssize_t written = ::pwrite(descriptor(), source.data(), source.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw storage_error("write", path_, errno);
    source = source.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void RawFile::reserve(std::uint64_t bytes) {
  const int error_number = reserve_space(descriptor(), bytes);
  if (error_number != 0) throw storage_error("write", path_, error_number);
}

void RawFile::sync() {
  if (::fsync(descriptor()) != 0) throw storage_error("sync", path_, errno);
}

}  // namespace hpctrain::data
