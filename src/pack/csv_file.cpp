#include "pack/csv_file.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

using Traits = std::char_traits<char>;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) stream_.open(path, std::ios::binary);
  require(stream_.is_open(), Fault::data,
          fmt::format("{}: is no file that can be read; give a table with a line for each picture", path.string()));
  std::string mark(kByteOrderMark.size(), '\0');
  stream_.read(mark.data(), static_cast<std::streamsize>(mark.size()));
  if (mark == kByteOrderMark) return;
  stream_.clear();
  stream_.seekg(0);
}

bool CsvReader::read_row(CsvRow& row) {
  while (stream_.peek() != Traits::eof()) {
    row.line = line_;
    row.cells.clear();
    bool is_blank = true;
    for (bool ends_row = false; !ends_row;) {
      Cell cell = read_cell(row);
      ends_row = cell.ends_row;
      is_blank = is_blank && cell.text.empty() && row.cells.empty();
      row.cells.push_back(std::move(cell.text));
    }
    if (!is_blank) return true;
  }
  require(!stream_.bad(), Fault::data, fmt::format("{}: cannot be read to its end; see its disk", path_.string()));
  return false;
}

CsvReader::Cell CsvReader::read_cell(const CsvRow& row) {
  std::string text;
  bool is_quoted = false;
  while (true) {
    const int character = stream_.get();
    const bool ends_line = character == '\n' || character == Traits::eof();
    if (character == ',' || ends_line) {
      if (character == '\n') ++line_;
      if (ends_line && !is_quoted && text.ends_with('\r')) text.pop_back();
      return {is_quoted ? text : trimmed(text), ends_line};
    }
    require_text(row, character);
    if (is_quoted) {
      if (character == ' ' || character == '\t' || character == '\r') continue;
      fail(row, "goes on after a closing quote", "double the quotes inside a cell");
    }
    if (character == '"') {
      if (!trimmed(text).empty()) fail(row, "has a quote inside a cell", "put the whole cell into quotes");
      text.clear();
      is_quoted = true;
      read_quoted(row, text);
    } else {
      text.push_back(Traits::to_char_type(character));
    }
  }
}

void CsvReader::read_quoted(const CsvRow& row, std::string& text) {
  while (true) {
    const int character = stream_.get();
    if (character == Traits::eof()) fail(row, "opens a quote that never closes", "close it");
    require_text(row, character);
    if (character == '\n') ++line_;
    if (character == '"') {
      if (stream_.peek() != '"') return;
      stream_.get();
    }
    text.push_back(Traits::to_char_type(character));
  }
}

void CsvReader::require_text(const CsvRow& row, int character) const {
  if (character == '\0') fail(row, "holds a zero byte, which is no text", "save it as a table of plain text (CSV)");
}

std::string CsvReader::place(const CsvRow& row) const {
  return fmt::format("{} line {}", path_.string(), row.line);
}

void CsvReader::fail(const CsvRow& row, const std::string& finding, const std::string& cure) const {
  throw Error(Fault::data, fmt::format("{}: {}; {}", place(row), finding, cure));
}

}  // namespace hpctrain::pack
