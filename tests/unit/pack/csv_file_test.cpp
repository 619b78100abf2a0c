// Comma-separated text as RFC 4180 has it, and what is none.
#include "pack/csv_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"

namespace hpctrain::pack {
namespace {

using Cells = std::vector<std::string>;

struct Table {
  explicit Table(const std::string& text) { test::write_bytes(path, text); }

  std::vector<CsvRow> rows() const {
    CsvReader reader(path);
    std::vector<CsvRow> all;
    for (CsvRow row; reader.read_row(row);) all.push_back(row);
    return all;
  }
  std::vector<Cells> cells() const {
    std::vector<Cells> all;
    for (const CsvRow& row : rows()) all.push_back(row.cells);
    return all;
  }

  hpctrain::test::TemporaryFolder folder;
  std::filesystem::path path = folder / "table.csv";
};

TEST(CsvFile, ReadsLinesWithAndWithoutALastLineEnd) {
  EXPECT_EQ(Table("a,b\n1,2").cells(), (std::vector<Cells>{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(Table("a,b\r\n1,\r\n").cells(), (std::vector<Cells>{{"a", "b"}, {"1", ""}}));
}

TEST(CsvFile, QuotedCellsHoldCommasLineEndsAndQuotes) {
  EXPECT_EQ(Table("\"a,\"\"b\"\"\",\"c\r\nd\"\r\n e , \" f \" \r\n").cells(),
            (std::vector<Cells>{{"a,\"b\"", "c\r\nd"}, {"e", " f "}}));
}

TEST(CsvFile, PassesOverAByteOrderMarkAndBlankLines) {
  EXPECT_EQ(Table("\xef\xbb\xbf"
                  "a\n\n \r\nb\n\n")
                .cells(),
            (std::vector<Cells>{{"a"}, {"b"}}));
}

TEST(CsvFile, KeepsLinesOfEmptyCells) {
  EXPECT_EQ(Table(",\n").cells(), (std::vector<Cells>{{"", ""}}));
}

TEST(CsvFile, CountsLinesInsideQuotesToo) {
  const std::vector<CsvRow> rows = Table("a\n\"b\nc\"\n\nd\n").rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].line, 2u);
  EXPECT_EQ(rows[2].line, 5u);
}

TEST(CsvFile, NamesTheLineOfWhatIsNoTable) {
  const auto expect_refused = [](const std::string& text, const std::vector<std::string>& parts) {
    const Table table(text);
    data::test::expect_error(Fault::data, parts, [&] { table.rows(); });
  };
  expect_refused("a\n\"b\nc", {"table.csv line 2", "never closes"});
  expect_refused("a\nb\"c\"\n", {"table.csv line 2", "quote inside a cell"});
  expect_refused("\"a\"b\n", {"table.csv line 1", "after a closing quote"});
  expect_refused(std::string("a\nb\0c\n", 6), {"table.csv line 2", "zero byte"});
  expect_refused(std::string("a\n\"b\0c\"\n", 8), {"table.csv line 2", "zero byte"});
}

TEST(CsvFile, NamesAFileThatIsNotThere) {
  const hpctrain::test::TemporaryFolder folder;
  data::test::expect_error(Fault::data, {"none.csv"}, [&] { CsvReader reader(folder / "none.csv"); });
  data::test::expect_error(Fault::data, {"no file"}, [&] { CsvReader reader(folder.path()); });
  std::filesystem::create_symlink("loop.csv", folder / "loop.csv");
  data::test::expect_error(Fault::data, {"loop.csv", "no file"}, [&] { CsvReader reader(folder / "loop.csv"); });
  ASSERT_EQ(::mkfifo((folder / "pipe.csv").c_str(), 0600), 0);
  data::test::expect_error(Fault::data, {"pipe.csv", "no file"}, [&] { CsvReader reader(folder / "pipe.csv"); });
}

}  // namespace
}  // namespace hpctrain::pack
