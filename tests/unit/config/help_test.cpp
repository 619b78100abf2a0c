// Help names everything and fits the terminal.
#include "config/help.hpp"

#include <sstream>

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Help, OverviewNamesEveryKeyAndShortForm) {
  const FakeTable fake;
  const std::string text = help_overview(fake.table);
  for (const Option& row : fake.table.rows()) EXPECT_THAT(text, HasSubstr(row.key()));
  EXPECT_THAT(text, HasSubstr("--lr"));
  EXPECT_THAT(text, HasSubstr("--json"));
  EXPECT_THAT(text, HasSubstr("`hpctrain --help all`"));
}

TEST(Help, ASectionShowsDefaultRangeUnitAndMarks) {
  const FakeTable fake;
  const std::string text = help_section(fake.table, "oven");
  EXPECT_THAT(text, HasSubstr("[oven] how hot and how long\n"));
  EXPECT_THAT(text, HasSubstr("--oven.rate NUMBER, --lr"));
  EXPECT_THAT(text, HasSubstr("heat per step [a number above 0; default 0.1; sweepable; must"));
  EXPECT_THAT(text, HasSubstr("[an integer, in seconds; default 0]"));
  EXPECT_THAT(text, Not(HasSubstr("cake.shape")));
}

TEST(Help, AllShowsEveryOptionWithinTheTerminalWidth) {
  FakeTable fake;
  std::string motto;
  std::string words;
  for (int i = 0; i < 60; ++i) words += "wörds ";
  fake.table.add(option(motto, "cake", "motto-that-is-longer-than-any-column-could-ever-be").help(words + "end"));
  const std::string text = help_section(fake.table, "all");
  for (const Option& row : fake.table.rows()) {
    if (row.is_flag_only()) continue;
    EXPECT_THAT(text, HasSubstr(row.flag()));
  }
  std::istringstream lines(text + help_overview(fake.table));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::size_t bytes_beyond_ascii = 0;
    for (const char c : line) bytes_beyond_ascii += (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 1 : 0;
    EXPECT_LE(line.size() - bytes_beyond_ascii, 100U) << line;
  }
  EXPECT_GT(count, 20);
}

TEST(Help, AnUnknownSectionNamesTheNearest) {
  const FakeTable fake;
  EXPECT_THAT(message_of(Fault::usage, [&] { help_section(fake.table, "ovn"); }),
              HasSubstr("unknown section 'ovn'; did you mean oven? Sections are oven, cake"));
}

}  // namespace
}  // namespace hpctrain::config
