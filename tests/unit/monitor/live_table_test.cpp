// What stands on a screen after the table was drawn, by a terminal small enough to be checked by eye.
#include "monitor/live_table.hpp"

#include <gtest/gtest.h>

#include <cctype>

namespace hpctrain::monitor {
namespace {

/// Knows the control sequences that matter: up, return, clear to the end of the line, of the screen.
class Terminal {
 public:
  void write(std::string_view text) {
    ++writes;
    while (!text.empty()) text.remove_prefix(take(text));
  }
  std::vector<std::string> lines = {""};
  int writes = 0;
  std::size_t widest_jump = 0;

 private:
  std::size_t take(std::string_view text) {
    if (text.starts_with("\033[")) return take_sequence(text);
    if (text[0] == '\n') {
      if (++row_ == lines.size()) lines.emplace_back();
      column_ = 0;
    } else if (text[0] == '\r') {
      column_ = 0;
    } else {
      std::string& line = lines[row_];
      if (line.size() <= column_) line.resize(column_ + 1, ' ');
      line[column_++] = text[0];
    }
    return 1;
  }

  std::size_t take_sequence(std::string_view text) {
    std::size_t end = 2, number = 0;
    while (std::isdigit(static_cast<unsigned char>(text[end])) != 0) number = 10 * number + (text[end++] - '0');
    if (text[end] == 'A') {
      row_ -= number;
      widest_jump = std::max(widest_jump, number);
    }
    if (text[end] == 'K') lines[row_].resize(std::min(lines[row_].size(), column_));
    if (text[end] == 'J') {
      lines.resize(row_ + 1);
      lines[row_].resize(std::min(lines[row_].size(), column_));
    }
    return end + 1;
  }

  std::size_t row_ = 0, column_ = 0;
};

struct Fixture {
  Terminal terminal;
  TerminalSize size{40, 10};
  std::uint64_t logged = 0;

  TableScreen screen(bool is_terminal = true) {
    return {is_terminal, [this](std::string_view text) { terminal.write(text); }, [this] { return size; },
            [this] { return logged; }};
  }
};

using Lines = std::vector<std::string>;

TEST(LiveTable, IsDrawnOverItself) {
  Fixture fixture;
  LiveTable table({}, fixture.screen());
  table.update({{"one long line", "two", "three"}, ""}, 0);
  table.update({{"one", "2"}, ""}, 1);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"one", "2", ""}));
  table.update({{"one", "2", "drei", "four"}, ""}, 2);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"one", "2", "drei", "four", ""}));
}

TEST(LiveTable, IsWrittenAtOnceSoThatNothingFlickers) {
  Fixture fixture;
  LiveTable table({}, fixture.screen());
  table.update({{"a", "b"}, ""}, 0);
  table.update({{"a", "c"}, ""}, 1);
  EXPECT_EQ(fixture.terminal.writes, 2);
  table.update({{"a", "c"}, ""}, 2);
  EXPECT_EQ(fixture.terminal.writes, 2);
}

TEST(LiveTable, IsDrawnAnewBelowWhatTheLogSaid) {
  Fixture fixture;
  LiveTable table({}, fixture.screen());
  table.update({{"a", "b"}, ""}, 0);
  fixture.terminal.write("a warning\n");
  fixture.logged = 1;
  table.update({{"A", "B"}, ""}, 1);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"a", "b", "a warning", "A", "B", ""}));
  table.update({{"AA", "B"}, ""}, 2);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"a", "b", "a warning", "AA", "B", ""}));
}

TEST(LiveTable, FitsTheWindowAndFollowsItsSize) {
  Fixture fixture;
  fixture.size = {8, 4};
  LiveTable table({}, fixture.screen());
  table.update({{"1234567890", "two", "three", "four", "five"}, ""}, 0);
  EXPECT_EQ(fixture.terminal.lines.size(), 4U);
  EXPECT_EQ(fixture.terminal.lines[0], "1234567");
  EXPECT_EQ(fixture.terminal.lines[2], "… and 3");
  fixture.size = {40, 20};
  table.update({{"1234567890", "two"}, ""}, 1);
  EXPECT_EQ(fixture.terminal.widest_jump, 0U);
  EXPECT_EQ(fixture.terminal.lines[3], "1234567890");
}

TEST(LiveTable, IsNotDrawnMoreOftenThanItShould) {
  Fixture fixture;
  LiveTable table({.redraw_seconds = 0.5}, fixture.screen());
  table.update({{"a"}, ""}, 0);
  table.update({{"b"}, ""}, 0.4);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"a", ""}));
  table.update({{"c"}, ""}, 0.6);
  EXPECT_EQ(fixture.terminal.lines, (Lines{"c", ""}));
}

TEST(LiveTable, PipedOutputGetsASummaryNowAndThenAndAtTheEnd) {
  Fixture fixture;
  LiveTable table({.line_seconds = 10}, fixture.screen(false));
  table.update({{"a", "b"}, "none"}, 0);
  table.update({{"a", "b"}, "some"}, 9);
  EXPECT_EQ(fixture.terminal.lines, (Lines{""}));
  table.update({{"a", "b"}, "more"}, 11);
  table.update({{"a", "b"}, "more"}, 22);
  table.finish({{"a", "b"}, "all"});
  EXPECT_EQ(fixture.terminal.lines, (Lines{"more", "all", ""}));
}

TEST(LiveTable, QuietShowsNothing) {
  Fixture fixture;
  LiveTable table({.quiet = true}, fixture.screen());
  table.update({{"a"}, "a"}, 0);
  table.finish({{"a"}, "a"});
  EXPECT_EQ(fixture.terminal.writes, 0);
}

}  // namespace
}  // namespace hpctrain::monitor
