// A file of lines that only grows: metrics, audits. Each line goes out in one write, so that a killed process leaves at
// most one torn line, and the next start begins on a fresh one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/owned_descriptor.hpp"

namespace hpctrain {

class AppendFile {
 public:
  /// Opens or creates `path`; a torn last line is ended before the first new one.
  ///   errors  Fault::storage
  explicit AppendFile(const std::filesystem::path& path);

  /// Appends `line` and a newline. Not synced: a power loss may take the last lines.
  ///   errors  Fault::storage; after one the file may end in a torn line, which the next append ends
  void append_line(std::string_view line);

  /// Of the file as far as this object knows: what was there when it was opened, and what it wrote.
  std::uint64_t bytes() const noexcept { return bytes_; }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  OwnedDescriptor descriptor_;
  std::uint64_t bytes_ = 0;
  bool ends_in_newline_ = true;
};

}  // namespace hpctrain
