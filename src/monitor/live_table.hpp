// A block of lines for the person who waits: redrawn in place on a terminal; where output is piped, one line that sums
// it up now and then. Must not know what the lines say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace hpctrain::monitor {

struct TableText {
  std::vector<std::string> lines;
  std::string summary;  ///< all of it in one line
};

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;

  bool operator==(const TerminalSize&) const = default;
};

/// Where the table is shown.
struct TableScreen {
  bool is_terminal = false;
  std::function<void(std::string_view)> write;
  std::function<TerminalSize()> size;                ///< asked at each drawing: windows are resized
  std::function<std::uint64_t()> count_other_lines;  ///< that others have written there so far

  static TableScreen of_stderr();
};

struct LiveTableSettings {
  bool quiet = false;  ///< nothing at all
  double redraw_seconds = 0.5;
  double line_seconds = 10;  ///< between plain lines
};

/// (rank 0 only) One thread only.
class LiveTable {
 public:
  explicit LiveTable(const LiveTableSettings& settings) : LiveTable(settings, TableScreen::of_stderr()) {}
  LiveTable(const LiveTableSettings& settings, TableScreen screen);

  /// Shows the text when it is time to. Over its last drawing where nothing was written below that, else anew.
  void update(const TableText& text, double now_seconds = steady_seconds());
  /// Shows the text now; it stays.
  void finish(const TableText& text);

 private:
  void draw(const TableText& text);
  void write_summary(const TableText& text);

  LiveTableSettings settings_;
  TableScreen screen_;
  std::optional<double> shown_at_;
  std::vector<std::string> drawn_;
  TerminalSize drawn_size_;
  std::uint64_t other_lines_ = 0;  ///< when it was drawn
  std::string summary_;            ///< the last one written
};

}  // namespace hpctrain::monitor
