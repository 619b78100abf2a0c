#include "tools/run_report.hpp"

#include <fmt/format.h>

#include <ctime>
#include <map>

#include "core/text_format.hpp"
#include "monitor/gpu_use.hpp"
#include "monitor/summary.hpp"
#include "tools/html_page.hpp"
#include "tools/html_text.hpp"
#include "tools/run_charts.hpp"

namespace hpctrain::tools {
namespace {

using nlohmann::json;

std::string format_moment(double unix) {
  const auto seconds = static_cast<std::time_t>(unix);
  std::tm moment{};
  char text[32];
  if (::gmtime_r(&seconds, &moment) == nullptr) return "unknown";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &moment)};
}

double number_at(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text_at(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

const std::vector<EventRecord>& events_of(const RunRecord& record, const std::string& event) {
  static const std::vector<EventRecord> kNone;
  const auto found = record.events.find(event);
  return found == record.events.end() ? kNone : found->second;
}

std::string describe_state(const RunRecord& record) {
  if (const json* end = record.last("end")) return text_at(*end, "reason");
  if (record.exit) return fmt::format("ended with code {}: {}", record.exit->code, record.exit->cause);
  return "not ended";
}

void add_head(HtmlPage& page, const RunRecord& record) {
  const json* run = record.last("run");
  std::string lead = describe_state(record);
  if (run != nullptr) lead += fmt::format(" · started {}", format_moment(number_at(*run, "unix")));
  if (record.exit) lead += " · " + record.exit->host;
  page.add_lead(lead);
  std::map<std::string, json> last;  // by split
  for (const EventRecord& event : events_of(record, "eval")) last[text_at(event.line, "split")] = event.line;
  for (const auto& [split, line] : last) {
    if (!line.contains("metrics") || !line.at("metrics").is_object()) continue;
    for (const auto& [metric, value] : line.at("metrics").items()) {
      if (value.is_number()) page.add_tile(metric + " on " + split, monitor::format_metric(metric, value));
    }
  }
  if (!record.steps.empty()) page.add_tile("steps", format_count(record.steps.back().step));
  if (run != nullptr) page.add_tile("ranks", fmt::format("{:.0f}", number_at(*run, "world")));
  if (const json* end = record.last("end")) {
    page.add_tile("samples per second", format_rate(number_at(*end, "samples_per_second")));
    page.add_tile("time of the last start", format_duration(number_at(*end, "seconds")));
  }
}

void add_verdicts(HtmlPage& page, const RunRecord& record) {
  std::string closing;
  HtmlTable table{.caption = "When it changed, and what else the run said about itself",
                  .head = {"epoch", "step", "verdict"},
                  .rows = {}};
  std::string said;
  for (const EventRecord& event : events_of(record, "verdict")) {
    if (text_at(event.line, "scope") == "run") {
      closing = text_at(event.line, "text");
      continue;
    }
    const std::string key = text_at(event.line, "cause") + event.line.value("rank", json()).dump();
    const bool is_repeated = event.line.contains("cause") && key == said;
    if (event.line.contains("cause")) said = key;
    if (is_repeated) continue;
    table.rows.push_back({{.text = std::to_string(event.epoch + 1), .is_number = true},
                          {.text = format_count(event.step), .is_number = true},
                          {.text = text_at(event.line, "text")}});
  }
  if (closing.empty() && table.rows.empty()) return;
  page.begin_section("Verdict");
  if (!closing.empty()) page.add_notice(closing);
  page.add_html(write_table(table));
}

void add_phase_table(HtmlPage& page, const RunRecord& record) {
  const json* end = record.last("end");
  if (end == nullptr || !end->contains("phase_seconds")) return;
  const monitor::PhaseSeconds phases = read_phases(end->at("phase_seconds"));
  const bool has_device = end->contains("device_phase_seconds");
  const monitor::PhaseSeconds device = has_device ? read_phases(end->at("device_phase_seconds")) : phases;
  HtmlTable table{.caption = "Last start, mean over ranks", .head = {"part", "seconds", "share"}, .rows = {}};
  if (has_device) table.head.emplace_back("on the device");
  for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) {
    const auto phase = static_cast<monitor::Phase>(i);
    if (phases[phase] <= 0 && device[phase] <= 0) continue;
    table.rows.push_back({{.text = std::string(monitor::phase_words(phase))},
                          number_cell(fmt::format("{:.2f}", phases[phase]), phases[phase]),
                          number_cell(format_share(phases.share(phase)), phases.share(phase))});
    if (has_device) {
      table.rows.back().push_back(number_cell(format_share(device.share(phase)), device.share(phase)));
    }
  }
  page.add_html(write_table(table));
}

void add_operators(HtmlPage& page, const RunRecord& record) {
  constexpr std::size_t kMostShown = 10;
  double all = 0;
  for (const OperatorRecord& entry : record.operators) all += entry.own_seconds;
  HtmlTable table{.caption = "Operators that took longest in the steps of trace.json, all ranks",
                  .head = {"operator", "calls", "own time", "share of these"},
                  .rows = {}};
  for (const OperatorRecord& entry : record.operators) {
    if (table.rows.size() >= kMostShown) break;
    table.rows.push_back({{.text = entry.name},
                          {.text = format_count(entry.calls), .is_number = true},
                          number_cell(format_duration(entry.own_seconds), entry.own_seconds),
                          number_cell(format_share(entry.own_seconds / all), entry.own_seconds / all)});
  }
  page.add_html(write_table(table));
}

void add_gpus(HtmlPage& page, const RunRecord& record) {
  const json* end = record.last("end");
  if (end == nullptr || !end->contains("gpus")) return;
  const json& gpus = end->at("gpus");
  monitor::GpuSummary summary;
  summary.busy_share = number_at(gpus, "busy_share");
  summary.least_busy_share = number_at(gpus, "least_busy_share");
  summary.least_busy_rank = static_cast<int>(number_at(gpus, "least_busy_rank"));
  summary.watts_per_gpu = number_at(gpus, "watts");
  summary.memory_bytes = number_at(gpus, "memory_bytes");
  summary.temperature_celsius = number_at(gpus, "temperature_celsius");
  page.add_paragraph("GPUs were busy " + monitor::describe_gpus(summary) + ".");
}

void add_pictures(HtmlPage& page, const RunRecord& record) {
  if (record.pictures.empty()) return;
  page.begin_section("Worst samples");
  page.add_paragraph(
      "Of the first samples of each split that rank zero scored, at its last evaluation; the others are in hpctrain "
      "eval.");
  std::vector<HtmlPicture> pictures;
  for (const PictureRecord& picture : record.pictures) pictures.push_back({picture.name, picture.png});
  page.add_pictures(pictures);
}

void add_evaluations(HtmlPage& page, const RunRecord& record) {
  std::map<std::string, HtmlTable> tables;  // by split
  for (const EventRecord& event : events_of(record, "eval")) {
    const auto metrics = event.line.find("metrics");
    if (metrics == event.line.end() || !metrics->is_object()) continue;
    HtmlTable& table = tables[text_at(event.line, "split")];
    std::vector<HtmlCell> row{{.text = std::to_string(event.epoch + 1), .is_number = true},
                              {.text = format_count(event.step), .is_number = true}};
    table.head = {"epoch", "step"};
    for (const auto& [metric, value] : metrics->items()) {
      table.head.push_back(metric);
      row.push_back(value.is_number() ? number_cell(monitor::format_metric(metric, value), value)
                                      : HtmlCell{.text = "not finite", .is_number = true});
    }
    table.rows.push_back(std::move(row));
  }
  if (tables.empty()) return;
  page.begin_section("Evaluations");
  for (auto& [split, table] : tables) {
    table.caption = split;
    page.add_html(write_table(table));
  }
}

void add_checkpoints(HtmlPage& page, const RunRecord& record) {
  constexpr std::size_t kMostShown = 20;
  HtmlTable table{.head = {"step", "took", "size", "folder"}, .rows = {}};
  const auto& events = events_of(record, "checkpoint");
  const std::size_t first = events.size() > kMostShown ? events.size() - kMostShown : 0;
  for (std::size_t i = first; i < events.size(); ++i) {
    const json& line = events[i].line;
    const double seconds = number_at(line, "save_seconds"), bytes = number_at(line, "bytes");
    table.rows.push_back({{.text = format_count(events[i].step), .is_number = true},
                          number_cell(format_duration(seconds), seconds),
                          number_cell(format_bytes(static_cast<std::uint64_t>(bytes)), bytes),
                          {.text = text_at(line, "path")}});
  }
  if (table.rows.empty()) return;
  page.begin_section("Checkpoints");
  if (first > 0) page.add_paragraph(fmt::format("The last {} of {}.", kMostShown, events.size()));
  page.add_html(write_table(table));
}

void add_starts(HtmlPage& page, const RunRecord& record) {
  HtmlTable table{.caption = "Starts", .head = {"began", "ranks", "from step", "versions"}, .rows = {}};
  for (const EventRecord& event : events_of(record, "run")) {
    std::string versions;
    if (event.line.contains("versions") && event.line.at("versions").is_object()) {
      for (const auto& [name, version] : event.line.at("versions").items()) {
        versions +=
            (versions.empty() ? "" : ", ") + name + " " + (version.is_string() ? version.get<std::string>() : "?");
      }
    }
    table.rows.push_back({{.text = format_moment(number_at(event.line, "unix"))},
                          {.text = fmt::format("{:.0f}", number_at(event.line, "world")), .is_number = true},
                          {.text = format_count(event.step), .is_number = true},
                          {.text = versions}});
  }
  if (!table.rows.empty()) page.begin_section("Environment");
  page.add_html(write_table(table));
}

void add_configuration(HtmlPage& page, const RunRecord& record) {
  HtmlTable table;
  for (const auto& [name, value] : record.config) table.rows.push_back({{.text = name}, {.text = value}});
  if (table.rows.empty()) return;
  page.begin_section("Configuration");
  page.add_html(write_table(table));
}

}  // namespace

std::string make_run_report(const RunRecord& record) {
  HtmlPage page(record.name);
  add_head(page, record);
  add_verdicts(page, record);
  page.begin_section("Learning");
  page.add_charts(draw_learning(record));
  page.begin_section("Time and memory");
  page.add_charts(draw_resources(record));
  add_gpus(page, record);
  add_phase_table(page, record);
  add_operators(page, record);
  add_evaluations(page, record);
  add_pictures(page, record);
  add_checkpoints(page, record);
  add_starts(page, record);
  add_configuration(page, record);
  if (record.unreadable_lines > 0) {
    page.add_paragraph(
        fmt::format("{} lines of metrics.jsonl could not be read and are left out.", record.unreadable_lines));
  }
  return page.finish();
}

std::filesystem::path save_run_report(FileSystem& files, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "report.html";
  write_file_durably(files, path, make_run_report(load_run_record(files, folder)));
  return path;
}

}  // namespace hpctrain::tools
