// RUN/RUNNING: there while a start of the run lives, so that the next one can tell that it was killed. Must not know
// who kills.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file_system.hpp"
#include "monitor/exit_report.hpp"

namespace hpctrain::monitor {

struct RunningMark {
  std::string host;          ///< of rank zero
  std::int64_t process = 0;  ///< its id
  double started_unix = 0;   ///< as in the exit report of the same start

  bool operator==(const RunningMark&) const = default;
};

/// Replaces RUN/RUNNING durably.
///   errors  Fault::storage
void save_running_mark(FileSystem& files, const std::filesystem::path& run_folder, const RunningMark& mark);

/// Empty where there is none, or none that can be read.
std::optional<RunningMark> load_running_mark(FileSystem& files, const std::filesystem::path& run_folder);

/// The start of this moment has ended. A mark of another start stays.
///   errors  Fault::storage
void remove_running_mark(FileSystem& files, const std::filesystem::path& run_folder, double started_unix);

/// What exit.json should say of a start that left its mark and no report: code 75, "killed". Empty where there is none.
///   `last`  the report that is there
std::optional<ExitReport> plan_killed_report(const std::optional<RunningMark>& mark,
                                             const std::optional<ExitReport>& last);

}  // namespace hpctrain::monitor
