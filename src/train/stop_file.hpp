// A person's wish to stop, as a file: `touch RUN/STOP` works where no signal reaches the ranks. Asked by rank zero
// only.
#pragma once

#include <filesystem>
#include <utility>

#include "core/clock.hpp"

namespace hpctrain::train {

inline constexpr const char* kStopFileName = "STOP";

class StopFile {
 public:
  explicit StopFile(const std::filesystem::path& run_folder) : path_(run_folder / kStopFileName) {}

  /// cost  looks at the disk once a second at most: a shared file system is not asked at every step
  bool is_there();

 private:
  std::filesystem::path path_;
  Stopwatch since_look_;
  bool was_there_ = false;
  bool has_looked_ = false;
};

}  // namespace hpctrain::train
