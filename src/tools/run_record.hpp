// What a run left in its directory, read for a report: the lines of metrics.jsonl that still count, run.ini, exit.json.
// Must not know how it is shown.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/file_system.hpp"
#include "monitor/exit_report.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::tools {

struct StepRecord {
  std::uint64_t step = 0;
  std::optional<double> loss;  ///< empty: it was no number
  double lr = 0;
  double samples_per_second = 0;
  monitor::PhaseSeconds phases;
};

/// Any other line: its place, and the line as it is.
struct EventRecord {
  std::uint64_t step = 0;
  std::uint64_t epoch = 0;
  nlohmann::json line;
};

/// What took longest in the steps of a trace.
struct OperatorRecord {
  std::string name;
  std::uint64_t calls = 0;
  double own_seconds = 0;  ///< without the operators it called
};

struct PictureRecord {
  std::string name;  ///< of the file, without its ending
  std::string png;   ///< bytes
};

struct RunRecord {
  std::string name;                                         ///< of the folder
  std::vector<std::pair<std::string, std::string>> config;  ///< option, value; in the order of run.ini
  std::vector<StepRecord> steps;
  std::map<std::string, std::vector<EventRecord>> events;  ///< by event, all but step
  std::uint64_t unreadable_lines = 0;
  std::optional<monitor::ExitReport> exit;
  std::vector<OperatorRecord> operators{};  ///< longest first; of trace.json, where there is one
  std::vector<PictureRecord> pictures{};    ///< by name; of the last evaluations

  /// Null where there is none.
  const nlohmann::json* last(const std::string& event) const;
};

/// Lines that a later start made void are left out, and so are lines that are torn or not of the format.
///   errors  Fault::usage when the folder holds no run; Fault::storage
RunRecord load_run_record(FileSystem& files, const std::filesystem::path& folder);

/// Seconds by the phases' names, as metrics.jsonl has them; names that are not known count as other.
monitor::PhaseSeconds read_phases(const nlohmann::json& seconds);

/// `[section]`, `key = value` → section.key, value. Comments and what is no such line are left out.
std::vector<std::pair<std::string, std::string>> read_ini_pairs(const std::string& text);

}  // namespace hpctrain::tools
