// The INI format: [section], key = value, comments from # or ; at the start of a line or after white space, values in
// double quotes where such characters belong to them. Keeps line numbers. Must not check values.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/assignment.hpp"
#include "config/option_table.hpp"

namespace hpctrain::config {

struct IniEntry {
  std::string section;
  std::string key;
  std::string value;
  int line = 0;
};

/// `file_name` is used in messages alone.
///   errors  Fault::usage naming file:line for a malformed line, a key outside any section, a repeated key
std::vector<IniEntry> parse_ini(std::string_view text, std::string_view file_name);

///   errors  as parse_ini(), and for unknown sections and keys, with the nearest name
std::vector<Assignment> assignments_from_ini(const OptionTable& table, std::string_view text,
                                             std::string_view file_name);

/// The whole text of an INI file.
///   errors  Fault::usage when it cannot be read
std::string load_ini(const std::filesystem::path& path);

/// `value` as it must stand after `key = `: quoted only where needed.
std::string quote_ini_value(std::string_view value);

}  // namespace hpctrain::config
