// What a start of a run or a sweep leaves about itself in its directory: RUNNING while it lives, exit.json when it has
// ended.
// Knows how the two and the checkpoints belong together; who reports, and why, the caller tells.   (rank zero)
#pragma once

#include <filesystem>

#include "core/file_system.hpp"
#include "monitor/exit_report.hpp"

namespace hpctrain::apps {

enum class StartOf { run, sweep };

/// Removes what a killed start left half written, says in exit.json, and to the user, that it was killed, where it was;
/// then marks this one as running. The files of the run directory itself must be there.
///   errors  Fault::storage; Fault::data when exit.json is no report
void begin_start_record(FileSystem& files, const std::filesystem::path& run_folder, double started_unix,
                        StartOf what = StartOf::run);

/// Writes exit.json and takes the mark of the same start away.
///   errors  Fault::storage
void end_start_record(FileSystem& files, const std::filesystem::path& run_folder, const monitor::ExitReport& report);

}  // namespace hpctrain::apps
