// Reads and quotes INI texts. Must not check values.
#include "config/ini_file.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "config/name_distance.hpp"

namespace hpctrain::config {
namespace {

constexpr std::string_view kCommentMarks = "#;";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(Fault::usage, where + ": " + what);
}

// A mark counts only at the start or after white space, so that `a#b` needs no quotes when typed by hand.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_mark = kCommentMarks.find(text[i]) != std::string_view::npos;
    if (is_mark && (i == 0 || is_space(text[i - 1]))) return trim(text.substr(0, i));
  }
  return trim(text);
}

char unescaped(char c, const std::string& where) {
  if (c == 'n') return '\n';
  if (c == 'r') return '\r';
  if (c == '"' || c == '\\') return c;
  fail(where, std::string("unknown escape \\") + c + " between quotes; known are \\\\ \\\" \\n \\r");
}

// `text` starts with the opening quote.
std::string read_quoted(std::string_view text, const std::string& where) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!without_comment(text.substr(i + 1)).empty())
        fail(where, "text after the closing quote; put the whole value between one pair of quotes");
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      value += unescaped(text[++i], where);
    } else {
      value += text[i];
    }
  }
  fail(where, "a quote is opened and not closed");
}

std::string read_heading(std::string_view line, const std::string& where) {
  const std::string_view heading = without_comment(line);
  const std::string_view name = trim(heading.substr(1, heading.size() < 2 ? 0 : heading.size() - 2));
  if (heading.back() != ']' || name.empty()) fail(where, "expected [section], found '" + std::string(heading) + "'");
  return std::string(name);
}

IniEntry read_entry(std::string_view line, const std::string& section, const std::string& where) {
  const std::size_t equals = line.find('=');
  const std::string key(trim(line.substr(0, equals)));
  if (equals == std::string_view::npos || key.empty())
    fail(where, "expected key = value, found '" + std::string(line) + "'");
  if (section.empty()) fail(where, "key '" + key + "' stands before any [section]; put it under one");
  const std::string_view raw = line.substr(equals + 1);
  const std::string_view value = trim(raw);
  const bool is_quoted = !value.empty() && value.front() == '"';
  return {section, key, is_quoted ? read_quoted(value, where) : std::string(without_comment(raw)), 0};
}

std::string location(std::string_view file_name, int line) {
  return std::string(file_name) + ":" + std::to_string(line);
}

std::string nearest_section(const OptionTable& table, std::string_view section) {
  std::vector<std::string> names;
  for (const auto& known : table.sections()) names.push_back(known.name);
  return closest_name(section, names);
}

// The key as a reader must write it: with its section where that is another one.
std::string nearest_key(const OptionTable& table, const IniEntry& entry) {
  std::vector<std::string> keys;
  for (const Option& row : table.rows()) {
    if (row.is_flag_only()) continue;
    if (row.key() == entry.key) return "'" + row.key() + "' under [" + row.section() + "]";
    if (row.section() == entry.section) keys.push_back(row.key());
  }
  return "'" + closest_name(entry.key, keys) + "'";
}

const Option& require_option(const OptionTable& table, const IniEntry& entry, const std::string& where) {
  const Option* option = table.find(entry.section + "." + entry.key);
  if (option != nullptr) return *option;
  const std::string hint = "? `" + table.program() + " --help` lists all";
  if (!table.has_section(entry.section))
    fail(where, "unknown section [" + entry.section + "]; did you mean [" + nearest_section(table, entry.section) +
                    "]" + hint);
  fail(where, "unknown key '" + entry.key + "' under [" + entry.section + "]; did you mean " +
                  nearest_key(table, entry) + hint);
}

}  // namespace

std::vector<IniEntry> parse_ini(std::string_view text, std::string_view file_name) {
  std::vector<IniEntry> entries;
  std::map<std::pair<std::string, std::string>, int> first_lines;
  std::string section;
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || kCommentMarks.find(line.front()) != std::string_view::npos) continue;
    const std::string where = location(file_name, number);
    if (line.front() == '[') {
      section = read_heading(line, where);
      continue;
    }
    IniEntry entry = read_entry(line, section, where);
    entry.line = number;
    const auto [first, is_new] = first_lines.try_emplace({entry.section, entry.key}, number);
    if (!is_new)
      fail(where, "key '" + entry.key + "' under [" + section + "] stands already in line " +
                      std::to_string(first->second) + "; keep one of them");
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Assignment> assignments_from_ini(const OptionTable& table, std::string_view text,
                                             std::string_view file_name) {
  std::vector<Assignment> assignments;
  for (const IniEntry& entry : parse_ini(text, file_name)) {
    const std::string where = location(file_name, entry.line);
    assignments.push_back({&require_option(table, entry, where), entry.value, where});
  }
  return assignments;
}

std::string load_ini(const std::filesystem::path& path) {
  const std::string attempt = "reading the configuration file " + path.string() + ": ";
  std::error_code ignored;
  require(std::filesystem::exists(path, ignored), Fault::usage, attempt + "no such file; check the path");
  require(std::filesystem::is_regular_file(path, ignored), Fault::usage, attempt + "not a file; name an .ini file");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  require(file.good() || file.eof(), Fault::usage, attempt + "cannot be read; check its permissions");
  return text.str();
}

std::string quote_ini_value(std::string_view value) {
  const bool is_plain = !value.empty() && trim(value) == value && value.front() != '"' &&
                        value.find_first_of("#;\n\r") == std::string_view::npos;
  if (is_plain) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace hpctrain::config
