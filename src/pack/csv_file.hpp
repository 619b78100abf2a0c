// Comma-separated text, row by row. Knows nothing of what the cells mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace hpctrain::pack {

struct CsvRow {
  std::uint64_t line = 0;          ///< where it starts, from 1
  std::vector<std::string> cells;  ///< without quotes, and without blanks around
};

/// Quoted cells may hold commas, line ends and doubled quotes; lines end with LF or CRLF; a byte order mark and lines
/// without any text are passed over. Holds one row at a time.
///   source  RFC 4180
class CsvReader {
 public:
  /// errors  Fault::data when the file is missing or cannot be read
  explicit CsvReader(const std::filesystem::path& path);

  /// False at the end of the file.
  ///   errors  Fault::data naming the line: a quote that never closes or stands inside a cell, a zero byte
  bool read_row(CsvRow& row);
  /// "table.csv line 3"
  std::string place(const CsvRow& row) const;

 private:
  struct Cell {
    std::string text;
    bool ends_row = false;
  };
  Cell read_cell(const CsvRow& row);
  void read_quoted(const CsvRow& row, std::string& text);
  void require_text(const CsvRow& row, int character) const;
  [[noreturn]] void fail(const CsvRow& row, const std::string& finding, const std::string& cure) const;

  std::filesystem::path path_;
  std::ifstream stream_;
  std::uint64_t line_ = 1;
};

}  // namespace hpctrain::pack
