// report.html of a sweep: the best trial, which axes matter, how trials learned, the table of results.
#pragma once

#include <filesystem>
#include <string>

#include "core/file_system.hpp"
#include "tools/sweep_record.hpp"

namespace hpctrain::tools {

/// Pure.
std::string make_sweep_report(const SweepRecord& record);

/// Replaces FOLDER/report.html.
///   returns  its path
///   errors   Fault::data, Fault::storage
std::filesystem::path save_sweep_report(FileSystem& files, const std::filesystem::path& folder);

}  // namespace hpctrain::tools
