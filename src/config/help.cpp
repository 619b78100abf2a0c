// Lays out help texts in two columns. Must not print, nor know any option by name.
#include "config/help.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "config/name_distance.hpp"
#include "config/value_binding.hpp"

namespace hpctrain::config {
namespace {

constexpr std::size_t kTerminalColumns = 100;
constexpr std::size_t kWidestLeftColumn = 40;

// Columns on a terminal: bytes that continue a UTF-8 character take none.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> wrap(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string_view word : split_outside_parentheses(text, " ")) {
    std::string& line = lines.back();
    if (!line.empty() && columns(line) + 1 + columns(word) > width) {
      lines.emplace_back(word);
    } else {
      line += (line.empty() ? "" : " ") + std::string(word);
    }
  }
  return lines;
}

struct Row {
  std::string left;
  std::string right;
};

std::string two_columns(const std::vector<Row>& rows) {
  std::size_t left_width = 0;
  for (const Row& row : rows) left_width = std::max(left_width, std::min(columns(row.left), kWidestLeftColumn));
  const std::size_t indent = 2 + left_width + 2;
  std::string text;
  for (const Row& row : rows) {
    text += "  " + row.left;
    std::size_t column = 2 + columns(row.left);
    for (const std::string& line : wrap(row.right, kTerminalColumns - indent)) {
      if (column > left_width + 2) {
        text += "\n";
        column = 0;
      }
      text += std::string(indent - column, ' ') + line;
      column = kTerminalColumns;  // the next line of this row starts anew
    }
    text += "\n";
  }
  return text;
}

std::string left_of(const Option& row) {
  std::string left = row.flag() + (row.bare_value() ? " [" + row.placeholder() + "]" : " " + row.placeholder());
  for (const std::string& alias : row.alias_flags()) left += ", " + alias;
  return left;
}

std::string shown_default(const Option& row) {
  return row.default_text().empty() ? std::string("empty") : row.default_text();
}

std::string right_of(const Option& row) {
  std::string right = row.facts().help + " [" + row.expectation();
  if (!row.facts().unit.empty()) right += ", in " + row.facts().unit;
  right += "; default " + shown_default(row);
  if (row.is_sweepable()) right += "; sweepable";
  if (row.is_identity()) right += "; must match on resume";
  if (row.is_common()) right += "; must match within a sweep";
  return right + "]";
}

std::string rows_of(const OptionTable& table, std::string_view section) {
  std::vector<Row> rows;
  for (const Option& row : table.rows()) {
    if (row.section() == section) rows.push_back({left_of(row), right_of(row)});
  }
  return two_columns(rows);
}

std::string section_text(const OptionTable& table, const OptionTable::Section& section) {
  return "[" + section.name + "] " + section.title + "\n" + rows_of(table, section.name);
}

}  // namespace

std::string help_overview(const OptionTable& table) {
  std::vector<Row> short_forms;
  std::vector<Row> sections;
  for (const Option& row : table.rows()) {
    if (!row.is_flag_only() && !row.facts().aliases.empty())
      short_forms.push_back({join(row.alias_flags(), ", "), row.flag() + ": " + row.facts().help});
  }
  for (const auto& section : table.sections()) {
    std::vector<std::string> keys;
    for (const Option& row : table.rows()) {
      if (row.section() == section.name) keys.push_back(row.key());
    }
    sections.push_back({section.name, section.title + ": " + join(keys, ", ")});
  }
  std::string text;
  const std::string own_flags = help_flags(table);
  if (!own_flags.empty()) text += "Flags\n" + own_flags + "\n";
  if (!short_forms.empty()) text += "Short forms\n" + two_columns(short_forms) + "\n";
  text += "Options: --section.key VALUE, key = VALUE under [section] of a file, or HPCTRAIN_SECTION_KEY=VALUE\n" +
          two_columns(sections) + "\n";
  return text + "`" + table.program() + " --help SECTION` explains the options of a section, `" + table.program() +
         " --help all` all of them.\n";
}

std::string help_flags(const OptionTable& table) {
  return rows_of(table, "");
}

std::string help_section(const OptionTable& table, std::string_view section) {
  std::string text;
  std::vector<std::string> names;
  for (const auto& known : table.sections()) {
    names.push_back(known.name);
    if (section != "all" && section != known.name) continue;
    if (!text.empty()) text += "\n";
    text += section_text(table, known);
  }
  require(!text.empty() || section == "all", Fault::usage,
          "help: unknown section '" + std::string(section) + "'; did you mean " + closest_name(section, names) +
              "? Sections are " + join(names, ", "));
  return text;
}

}  // namespace hpctrain::config
