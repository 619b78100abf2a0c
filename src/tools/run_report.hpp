// report.html of one run: what came out, what held it up, curves, where time and memory went, tables, configuration.
#pragma once

#include <filesystem>
#include <string>

#include "core/file_system.hpp"
#include "tools/run_record.hpp"

namespace hpctrain::tools {

/// Pure.
std::string make_run_report(const RunRecord& record);

/// Replaces FOLDER/report.html.
///   returns  its path
///   errors   Fault::usage when the folder holds no run; Fault::storage
std::filesystem::path save_run_report(FileSystem& files, const std::filesystem::path& folder);

}  // namespace hpctrain::tools
