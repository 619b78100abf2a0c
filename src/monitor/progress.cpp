// When to show progress and what the line says.
#include "monitor/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/terminal.hpp"
#include "core/text_format.hpp"

namespace hpctrain::monitor {
namespace {

constexpr std::string_view kClearLine = "\r\033[K";

std::string describe_amount(const ProgressReport& report) {
  if (report.total == 0) return fmt::format("{} {}", format_count(report.done), report.unit);
  // Rounded down: 100 % means all.
  const auto percent = static_cast<int>(100.0 * static_cast<double>(report.done) / static_cast<double>(report.total));
  return fmt::format("{:3d} %  {}/{} {}", std::min(percent, report.done < report.total ? 99 : 100),
                     format_count(report.done), format_count(report.total), report.unit);
}

}  // namespace

std::optional<double> estimate_seconds_left(const ProgressReport& report) {
  const bool is_known = report.total > 0 && report.per_second > 0 && std::isfinite(report.per_second);
  if (!is_known) return std::nullopt;
  const std::uint64_t left = report.total - std::min(report.done, report.total);
  return static_cast<double>(left) / report.per_second;
}

std::string plan_progress_line(const ProgressReport& report, std::size_t columns) {
  std::string line = report.label + "  " + describe_amount(report);
  if (report.per_second > 0) line += "  " + format_rate(report.per_second) + "/s";
  if (!report.note.empty()) line += "  " + report.note;
  const std::optional<double> left = estimate_seconds_left(report);
  if (left && report.done < report.total) line += "  " + format_duration(*left) + " left";
  return truncate_text(std::move(line), columns);
}

ProgressSettings ProgressSettings::for_stderr(bool quiet) {
  ProgressSettings settings;
  settings.quiet = quiet;
  settings.is_terminal = hpctrain::is_terminal(STDERR_FILENO);
  settings.columns = static_cast<std::size_t>(terminal_columns(STDERR_FILENO));
  return settings;
}

ProgressLine::ProgressLine(const ProgressSettings& settings) : ProgressLine(settings, write_to_stderr) {}

ProgressLine::ProgressLine(const ProgressSettings& settings, Sink sink) : settings_(settings), sink_(std::move(sink)) {}

ProgressLine::~ProgressLine() {
  if (is_line_open_) sink_("\n");
}

void ProgressLine::update(const ProgressReport& report, double now_seconds) {
  if (settings_.quiet) return;
  const double interval = settings_.is_terminal ? settings_.redraw_seconds : settings_.line_seconds;
  // Piped output starts silent: an epoch shorter than the interval gets its closing line only.
  if (!shown_at_ && !settings_.is_terminal) shown_at_ = now_seconds;
  if (shown_at_ && now_seconds - *shown_at_ < interval) return;
  show(report, now_seconds, !settings_.is_terminal);
}

void ProgressLine::finish(const ProgressReport& report, double now_seconds) {
  if (settings_.quiet) return;
  show(report, now_seconds, true);
  shown_at_.reset();
}

void ProgressLine::show(const ProgressReport& report, double now_seconds, bool ends_line) {
  // A terminal that is written to its last column wraps, and \r no longer finds the line's start.
  constexpr std::size_t kPlainColumns = 200;
  const std::size_t columns = settings_.is_terminal ? std::max<std::size_t>(settings_.columns, 2) - 1 : kPlainColumns;
  std::string text = settings_.is_terminal ? std::string(kClearLine) : std::string();
  text += plan_progress_line(report, columns);
  if (ends_line) text += '\n';
  sink_(text);
  shown_at_ = now_seconds;
  is_line_open_ = !ends_line;
}

}  // namespace hpctrain::monitor
