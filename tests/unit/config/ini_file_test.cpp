// The INI format: what a line means, what is refused, and that quoting is undone by reading.
#include "config/ini_file.hpp"

#include <fstream>

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::HasSubstr;

std::string value_of(const std::string& right_side) {
  const auto entries = parse_ini("[s]\nk =" + right_side + "\n", "f.ini");
  return entries.size() == 1 ? entries[0].value : "(" + std::to_string(entries.size()) + " entries)";
}

std::string refusal(const std::string& text) {
  return message_of(Fault::usage, [&] { parse_ini(text, "f.ini"); });
}

TEST(IniFile, KeepsSectionKeyValueAndLine) {
  const auto entries = parse_ini("\xEF\xBB\xBF# top\r\n[a]\r\nx = 1\r\n\r\n ; more\n[ b ] # why\n\ty=2 3", "f.ini");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].section + "." + entries[0].key + "=" + entries[0].value, "a.x=1");
  EXPECT_EQ(entries[0].line, 3);
  EXPECT_EQ(entries[1].section + "." + entries[1].key + "=" + entries[1].value, "b.y=2 3");
  EXPECT_EQ(entries[1].line, 7);
}

TEST(IniFile, ACommentStartsAfterWhiteSpaceOnly) {
  EXPECT_EQ(value_of(" 0.1 # fast"), "0.1");
  EXPECT_EQ(value_of(" 0.1\t; fast"), "0.1");
  EXPECT_EQ(value_of(" a#b;c"), "a#b;c");
  EXPECT_EQ(value_of(" # nothing"), "");
  EXPECT_EQ(value_of(" \"a # b\" # c"), "a # b");
  EXPECT_EQ(value_of(" x = y"), "x = y");
}

TEST(IniFile, ReadingUndoesQuoting) {
  for (const std::string value : {"plain", "", " lead", "trail ", "a # b", "a;b", "\"", "say \"hi\"", "back\\slash",
                                  "\\ # \\\"", "two\nlines\r", "#", "ünïcode", "C:\\n # x"}) {
    EXPECT_EQ(value_of(" " + quote_ini_value(value)), value) << quote_ini_value(value);
  }
  EXPECT_EQ(quote_ini_value("crop(4, 2) flip"), "crop(4, 2) flip");
}

TEST(IniFile, MalformedLinesNameFileAndLine) {
  EXPECT_EQ(refusal("[a]\nnonsense\n"), "f.ini:2: expected key = value, found 'nonsense'");
  EXPECT_THAT(refusal("[a]\n= 3\n"), HasSubstr("f.ini:2: expected key = value"));
  EXPECT_THAT(refusal("[a\n"), HasSubstr("f.ini:1: expected [section]"));
  EXPECT_THAT(refusal("[]\n"), HasSubstr("f.ini:1: expected [section]"));
  EXPECT_THAT(refusal("["), HasSubstr("f.ini:1: expected [section]"));
  EXPECT_THAT(refusal("x = 1\n"), HasSubstr("f.ini:1: key 'x' stands before any [section]"));
  EXPECT_THAT(refusal("[a]\nx = \"b\n"), HasSubstr("f.ini:2: a quote is opened and not closed"));
  EXPECT_THAT(refusal("[a]\nx = \"b\" c\n"), HasSubstr("f.ini:2: text after the closing quote"));
  EXPECT_THAT(refusal("[a]\nx = \"\\t\"\n"), HasSubstr("f.ini:2: unknown escape \\t"));
}

TEST(IniFile, ARepeatedKeyIsAnErrorEvenWhenItsSectionIsOpenedAgain) {
  EXPECT_EQ(refusal("[a]\nx = 1\n[b]\nx = 1\n[a]\nx = 2\n"),
            "f.ini:6: key 'x' under [a] stands already in line 2; keep one of them");
}

TEST(IniFile, UnknownNamesNameTheNearest) {
  const FakeTable fake;
  const auto message = [&](const char* text) {
    return message_of(Fault::usage, [&] { assignments_from_ini(fake.table, text, "run.ini"); });
  };
  EXPECT_THAT(message("[ovne]\nrate = 1\n"), HasSubstr("run.ini:2: unknown section [ovne]; did you mean [oven]?"));
  EXPECT_THAT(message("[oven]\nraet = 1\n"),
              HasSubstr("run.ini:2: unknown key 'raet' under [oven]; did you mean 'rate'?"));
  EXPECT_THAT(message("[oven]\nshape = flat\n"), HasSubstr("did you mean 'shape' under [cake]?"));
  EXPECT_THAT(message("[oven]\nlr = 1\n"), HasSubstr("unknown key 'lr'")) << "aliases are flags only";
}

TEST(IniFile, AssignmentsCarryFileAndLine) {
  const FakeTable fake;
  const auto assignments = assignments_from_ini(fake.table, "[oven]\n\nrate = 0.5 # hot\n", "run.ini");
  ASSERT_EQ(assignments.size(), 1U);
  EXPECT_EQ(assignments[0].option, &fake.table.at("oven.rate"));
  EXPECT_EQ(assignments[0].text, "0.5");
  EXPECT_EQ(assignments[0].origin, "run.ini:3");
}

TEST(IniFile, AMissingFileOrAFolderIsAUsageError) {
  const std::filesystem::path folder = testing::TempDir();
  EXPECT_THAT(message_of(Fault::usage, [&] { load_ini(folder / "absent.ini"); }),
              HasSubstr("absent.ini: no such file"));
  EXPECT_THAT(message_of(Fault::usage, [&] { load_ini(folder); }), HasSubstr("not a file"));
}

TEST(IniFile, LoadsTheWholeText) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "hpctrain_ini_file_test.ini";
  std::ofstream(path, std::ios::binary) << "[a]\r\nx = 1";
  EXPECT_EQ(load_ini(path), "[a]\r\nx = 1");
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_EQ(load_ini(path), "");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace hpctrain::config
