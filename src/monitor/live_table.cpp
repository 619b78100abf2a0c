#include "monitor/live_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/log.hpp"
#include "core/terminal.hpp"
#include "core/text_format.hpp"

namespace hpctrain::monitor {
namespace {

/// As many lines as can be reached again with the cursor, none so long that the terminal would wrap it.
std::vector<std::string> fit_lines(const std::vector<std::string>& lines, const TerminalSize& size) {
  const std::size_t columns = std::max<std::size_t>(size.columns, 2) - 1;
  const std::size_t rows = std::max<std::size_t>(size.rows, 3) - 1;
  std::vector<std::string> fitted;
  for (const std::string& line : lines) fitted.push_back(truncate_text(line, columns));
  if (fitted.size() <= rows) return fitted;
  const std::size_t hidden = fitted.size() - (rows - 1);
  fitted.resize(rows - 1);
  fitted.push_back(truncate_text(fmt::format("… and {} more", hidden), columns));
  return fitted;
}

}  // namespace

TableScreen TableScreen::of_stderr() {
  return {may_move_cursor(STDERR_FILENO), write_to_stderr,
          [] {
            return TerminalSize{static_cast<std::size_t>(terminal_columns(STDERR_FILENO)),
                                static_cast<std::size_t>(terminal_rows(STDERR_FILENO))};
          },
          logged_lines};
}

LiveTable::LiveTable(const LiveTableSettings& settings, TableScreen screen)
    : settings_(settings), screen_(std::move(screen)) {}

void LiveTable::update(const TableText& text, double now_seconds) {
  if (settings_.quiet) return;
  // Piped output starts silent: what is shorter than the interval gets its closing line only.
  if (!shown_at_ && !screen_.is_terminal) shown_at_ = now_seconds;
  const double interval = screen_.is_terminal ? settings_.redraw_seconds : settings_.line_seconds;
  if (shown_at_ && now_seconds - *shown_at_ < interval) return;
  shown_at_ = now_seconds;
  screen_.is_terminal ? draw(text) : write_summary(text);
}

void LiveTable::finish(const TableText& text) {
  if (settings_.quiet) return;
  screen_.is_terminal ? draw(text) : write_summary(text);
  drawn_.clear();
}

/// One write, each line over the old one and cleared behind its end: nothing is empty in between, so nothing flickers.
void LiveTable::draw(const TableText& text) {
  const TerminalSize size = screen_.size();
  const std::uint64_t other_lines = screen_.count_other_lines();
  const std::vector<std::string> lines = fit_lines(text.lines, size);
  // In a window of another size the old lines stand who knows where.
  const bool is_in_place = !drawn_.empty() && other_lines == other_lines_ && size == drawn_size_;
  if (is_in_place && lines == drawn_) return;
  std::string drawing = is_in_place ? fmt::format("\033[{}A\r", drawn_.size()) : std::string();
  for (const std::string& line : lines) drawing += line + "\033[K\n";
  if (is_in_place) drawing += "\033[J";
  screen_.write(drawing);
  drawn_ = lines;
  drawn_size_ = size;
  other_lines_ = other_lines;
}

void LiveTable::write_summary(const TableText& text) {
  if (text.summary == summary_) return;
  summary_ = text.summary;
  screen_.write(summary_ + "\n");
}

}  // namespace hpctrain::monitor
