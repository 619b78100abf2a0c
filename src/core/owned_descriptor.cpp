// Loops around system calls that may be interrupted or do half of their work.
#include "core/owned_descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace hpctrain {

OwnedDescriptor::~OwnedDescriptor() {
  if (is_open()) ::close(descriptor_);
}

OwnedDescriptor open_retrying(const std::filesystem::path& path, int flags) noexcept {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  return OwnedDescriptor(descriptor);
}

int write_fully(int descriptor, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EIO;  // a write of nothing would loop for ever
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

int reserve_space(int descriptor, std::uint64_t bytes) noexcept {
  if (bytes == 0) return 0;
  while (::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOSYS) return 0;
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace hpctrain
