#include "monitor/running_mark.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace hpctrain::monitor {
namespace {

std::filesystem::path mark_path(const std::filesystem::path& run_folder) {
  return run_folder / "RUNNING";
}

}  // namespace

void save_running_mark(FileSystem& files, const std::filesystem::path& run_folder, const RunningMark& mark) {
  const nlohmann::ordered_json object = {
      {"host", mark.host}, {"process", mark.process}, {"started_unix", mark.started_unix}};
  write_file_durably(files, mark_path(run_folder), object.dump() + "\n");
}

std::optional<RunningMark> load_running_mark(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto path = mark_path(run_folder);
  if (!files.exists(path)) return std::nullopt;
  const auto object = nlohmann::json::parse(files.read_file(path), nullptr, false);
  try {
    return RunningMark{object.at("host").get<std::string>(), object.at("process").get<std::int64_t>(),
                       object.at("started_unix").get<double>()};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void remove_running_mark(FileSystem& files, const std::filesystem::path& run_folder, double started_unix) {
  const auto mark = load_running_mark(files, run_folder);
  if (mark && mark->started_unix == started_unix) files.remove_all(mark_path(run_folder));
}

std::optional<ExitReport> plan_killed_report(const std::optional<RunningMark>& mark,
                                             const std::optional<ExitReport>& last) {
  // Killed between its report and the end of its mark: the report stands.
  if (!mark || (last && last->started_unix == mark->started_unix)) return std::nullopt;
  ExitReport report;
  report.code = exit_code(Fault::stopped);
  report.cause = "killed";
  report.host = mark->host;
  report.phase = "unknown";
  report.started_unix = mark->started_unix;
  return report;
}

}  // namespace hpctrain::monitor
