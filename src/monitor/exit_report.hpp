// How a start ended: RUN/exit.json, read by job scripts that decide about a requeue. Must not know why it ended; the
// caller tells.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file_system.hpp"

namespace hpctrain::monitor {

struct ExitReport {
  int code = 0;         ///< the process's exit code
  std::string cause{};  ///< "done", "signal", "wall time", "killed", or the message of the error
  int rank = 0;         ///< who reports
  std::string host{};
  std::string phase{};                      ///< "start", "train", "evaluate", "checkpoint", …
  std::optional<std::uint64_t> step{};      ///< last finished step, where there was one
  std::optional<std::string> checkpoint{};  ///< newest committed checkpoint, relative to the run directory
  double started_unix = 0;                  ///< tells this start's report from an older one's

  bool operator==(const ExitReport&) const = default;
};

/// Replaces RUN/exit.json durably.
///   errors  Fault::storage
void save_exit_report(FileSystem& files, const std::filesystem::path& run_folder, const ExitReport& report);

/// Empty when the run has none.
///   errors  Fault::data when it is not a report
std::optional<ExitReport> load_exit_report(FileSystem& files, const std::filesystem::path& run_folder);

}  // namespace hpctrain::monitor
