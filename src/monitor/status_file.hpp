// A text file that says how things stand, for `cat` and `watch cat` from anywhere. Must not know what it says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/file_system.hpp"

namespace hpctrain::monitor {

/// (rank 0 only) One thread only.
class StatusFile {
 public:
  StatusFile(FileSystem& files, std::filesystem::path path, double interval_seconds = 3)
      : files_(files), path_(std::move(path)), interval_seconds_(interval_seconds) {}

  /// Replaces the file when it is time to; readers see the old lines or the new ones, never a mixture.
  ///   errors  none: the first failure is told in a warning, and later updates try again
  void update(const std::vector<std::string>& lines, double now_seconds = steady_seconds());
  /// Replaces the file now.
  void finish(const std::vector<std::string>& lines);

 private:
  void replace(const std::vector<std::string>& lines);

  FileSystem& files_;
  std::filesystem::path path_;
  double interval_seconds_;
  std::optional<double> written_at_;
  bool has_complained_ = false;
};

}  // namespace hpctrain::monitor
