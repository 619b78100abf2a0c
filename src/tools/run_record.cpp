#include "tools/run_record.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "monitor/run_diary.hpp"

namespace hpctrain::tools {
namespace {

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// What a run makes again after it was restored from `step` is void.
void forget_after(RunRecord& record, std::uint64_t step) {
  std::erase_if(record.steps, [&](const StepRecord& r) { return r.step > step; });
  for (auto& [name, events] : record.events) {
    std::erase_if(events, [&](const EventRecord& r) { return r.step > step; });
  }
}

StepRecord read_step(const nlohmann::json& line) {
  StepRecord record;
  record.step = line.at("step").get<std::uint64_t>();
  if (line.at("loss").is_number()) record.loss = line.at("loss").get<double>();
  record.lr = line.at("lr").get<double>();
  if (line.at("samples_per_second").is_number()) record.samples_per_second = line.at("samples_per_second");
  if (line.contains("phase_seconds")) record.phases = read_phases(line.at("phase_seconds"));
  return record;
}

/// How the start before ended and what it said of itself: the next one goes on, and says its own.
void forget_end(RunRecord& record) {
  record.events.erase("end");
  const auto verdicts = record.events.find("verdict");
  if (verdicts == record.events.end()) return;
  std::erase_if(verdicts->second, [](const EventRecord& r) { return r.line.value("scope", "") == "run"; });
}

/// Throws what the JSON library throws when the line is not of the format.
void add_line(RunRecord& record, nlohmann::json&& line) {
  const auto event = line.at("event").get<std::string>();
  if (event == "step") {
    record.steps.push_back(read_step(line));
    return;
  }
  // Said again at the head of a file, for those who lack the one before.
  const bool continues = line.value("continues", false);
  if (continues && record.last(event) != nullptr) return;
  if (event == "run" && !continues) {
    forget_after(record, line.value("resumed_from", std::uint64_t{0}));
    forget_end(record);
  }
  EventRecord entry{line.at("step").get<std::uint64_t>(), line.at("epoch").get<std::uint64_t>(), {}};
  entry.line = std::move(line);
  record.events[event].push_back(std::move(entry));
}

void read_metrics(const std::filesystem::path& path, RunRecord& record) {
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    if (text.empty()) continue;
    auto line = nlohmann::json::parse(text, nullptr, false);
    try {
      add_line(record, std::move(line));
    } catch (const nlohmann::json::exception&) {
      ++record.unreadable_lines;
    }
  }
}

std::vector<OperatorRecord> read_operators(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return {};
  const auto trace = nlohmann::json::parse(file, nullptr, false);
  std::vector<OperatorRecord> operators;
  try {
    for (const auto& entry : trace.at("top_operators")) {
      operators.push_back({entry.at("name"), entry.at("calls"), entry.at("own_seconds")});
    }
  } catch (const nlohmann::json::exception&) {
    // A trace that is cut off says as little as none.
    return {};
  }
  return operators;
}

std::vector<PictureRecord> read_pictures(FileSystem& files, const std::filesystem::path& folder) {
  // A page stays one that can be mailed.
  constexpr std::size_t kMostPictures = 12;
  constexpr std::uintmax_t kMostBytes = 4 << 20;
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code ignored;
    const bool is_picture = entry.path().extension() == ".png" && entry.file_size(ignored) <= kMostBytes;
    if (is_picture) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.size() > kMostPictures) paths.resize(kMostPictures);
  std::vector<PictureRecord> pictures;
  for (const auto& path : paths) pictures.push_back({path.stem().string(), files.read_file(path)});
  return pictures;
}

}  // namespace

const nlohmann::json* RunRecord::last(const std::string& event) const {
  const auto found = events.find(event);
  return found == events.end() || found->second.empty() ? nullptr : &found->second.back().line;
}

monitor::PhaseSeconds read_phases(const nlohmann::json& seconds) {
  monitor::PhaseSeconds phases;
  for (const auto& [name, value] : seconds.items()) {
    auto phase = monitor::Phase::other;
    for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) {
      if (monitor::phase_name(static_cast<monitor::Phase>(i)) == name) phase = static_cast<monitor::Phase>(i);
    }
    phases[phase] += value.get<double>();
  }
  return phases;
}

std::vector<std::pair<std::string, std::string>> read_ini_pairs(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string section;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    const auto equals = line.find('=');
    if (line.starts_with("[") && line.ends_with("]")) {
      section = line.substr(1, line.size() - 2);
    } else if (!line.starts_with("#") && !line.starts_with(";") && equals != std::string::npos) {
      pairs.emplace_back(section + "." + trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    }
  }
  return pairs;
}

RunRecord load_run_record(FileSystem& files, const std::filesystem::path& folder) {
  require(files.exists(folder / "run.ini"), Fault::usage,
          folder.string() +
              " holds neither run.ini of a run nor sweep.json of a sweep; give the folder that hpctrain "
              "printed");
  RunRecord record;
  const auto whole = std::filesystem::absolute(folder).lexically_normal();
  record.name = (whole.has_filename() ? whole : whole.parent_path()).filename().string();
  record.config = read_ini_pairs(files.read_file(folder / "run.ini"));
  for (const auto& path : monitor::metrics_files(folder)) read_metrics(path, record);
  record.operators = read_operators(folder / "trace.json");
  record.pictures = read_pictures(files, monitor::picture_folder(folder));
  try {
    record.exit = monitor::load_exit_report(files, folder);
  } catch (const Error&) {
    // A report that cannot be read says as little as none.
  }
  return record;
}

}  // namespace hpctrain::tools
