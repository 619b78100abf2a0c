// A file read and written at byte offsets, below HDF5: how payload goes into an allocated dataset and how digests are
// checked. Knows nothing of shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "core/owned_descriptor.hpp"

namespace hpctrain::data {

class RawFile {
 public:
  /// errors  Fault::data when it is missing, not a regular file or not readable
  static RawFile open_for_reading(const std::filesystem::path& path);
  /// For a file that exists.   errors  Fault::storage
  static RawFile open_for_writing(const std::filesystem::path& path);

  std::uint64_t bytes() const;
  int descriptor() const noexcept { return descriptor_.get(); }
  const std::filesystem::path& path() const noexcept { return path_; }

  /// errors  Fault::data when the file ends before `destination` is full, or cannot be read
  void read_at(std::uint64_t offset, std::span<std::byte> destination) const;
  /// errors  Fault::storage
  void write_at(std::uint64_t offset, std::span<const std::byte> source);
  /// Claims the disk space of the first `bytes` now, so that a full disk is found before hours of writing. Does nothing
  /// where the file system cannot.   errors  Fault::storage
  void reserve(std::uint64_t bytes);
  /// errors  Fault::storage
  void sync();

 private:
  RawFile(std::filesystem::path path, OwnedDescriptor descriptor) noexcept;

  std::filesystem::path path_;
  OwnedDescriptor descriptor_;
};

}  // namespace hpctrain::data
