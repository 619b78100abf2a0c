// exit.json and back.
#include "monitor/exit_report.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace hpctrain::monitor {
namespace {

std::filesystem::path report_path(const std::filesystem::path& run_folder) {
  return run_folder / "exit.json";
}

template <typename T>
nlohmann::json value_or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

template <typename T>
std::optional<T> optional_at(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = object.at(name);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

}  // namespace

void save_exit_report(FileSystem& files, const std::filesystem::path& run_folder, const ExitReport& report) {
  const nlohmann::ordered_json object = {{"code", report.code},
                                         {"cause", report.cause},
                                         {"rank", report.rank},
                                         {"host", report.host},
                                         {"phase", report.phase},
                                         {"step", value_or_null(report.step)},
                                         {"checkpoint", value_or_null(report.checkpoint)},
                                         {"started_unix", report.started_unix}};
  const std::string text = object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  write_file_durably(files, report_path(run_folder), text);
}

std::optional<ExitReport> load_exit_report(FileSystem& files, const std::filesystem::path& run_folder) {
  const std::filesystem::path path = report_path(run_folder);
  if (!files.exists(path)) return std::nullopt;
  const std::string text = files.read_file(path);
  try {
    const nlohmann::json object = nlohmann::json::parse(text);
    return ExitReport{.code = object.at("code").get<int>(),
                      .cause = object.at("cause").get<std::string>(),
                      .rank = object.at("rank").get<int>(),
                      .host = object.at("host").get<std::string>(),
                      .phase = object.at("phase").get<std::string>(),
                      .step = optional_at<std::uint64_t>(object, "step"),
                      .checkpoint = optional_at<std::string>(object, "checkpoint"),
                      .started_unix = object.at("started_unix").get<double>()};
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::data, "exit report " + path.string() + " cannot be read: " + error.what() + "; remove it");
  }
}

}  // namespace hpctrain::monitor
