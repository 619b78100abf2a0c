// A file descriptor that closes itself, and the system calls that every writer needs done right. Must not know what is
// written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace hpctrain {

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  ~OwnedDescriptor();
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

/// open(2) with O_CLOEXEC and mode 0666 & ~umask, again after a signal; the result may be closed, with errno set.
OwnedDescriptor open_retrying(const std::filesystem::path& path, int flags) noexcept;

/// Writes all of `bytes`, through signals and short writes; the errno of a failure, 0 when everything is written.
int write_fully(int descriptor, std::span<const std::byte> bytes) noexcept;

/// Takes room for the first `bytes` of a file; the errno of a failure. 0 also where the file system cannot promise any.
int reserve_space(int descriptor, std::uint64_t bytes) noexcept;

}  // namespace hpctrain
