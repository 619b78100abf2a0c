// Owns the text of run.ini and the comparison of identity options. Must not know which options those are.
#include "config/run_ini.hpp"

#include <algorithm>
#include <map>

#include "config/axis.hpp"
#include "config/ini_file.hpp"
#include "core/digest.hpp"

namespace hpctrain::config {
namespace {

std::string line_of(const Option& row) {
  const std::string value = row.value_text();
  require(!is_axis(value), Fault::usage,
          "writing run.ini: " + row.name() + " = '" + value +
              "' holds a comma, which would be read as a sweep axis; choose a value without one");
  return row.key() + " = " + quote_ini_value(value) + "\n";
}

// The text as the row would write it, so that 0.10 equals 0.1; as it stands where the row no longer takes it.
std::string canonical_or_raw(const Option& row, const std::string& text) {
  return row.accepts(text) ? row.canonical(text, row.name()) : text;
}

}  // namespace

std::string write_ini(const OptionTable& table, const std::vector<std::string>& left_out) {
  std::string text;
  for (const auto& section : table.sections()) {
    std::string lines;
    for (const Option& row : table.rows()) {
      const bool is_left_out = std::find(left_out.begin(), left_out.end(), row.name()) != left_out.end();
      if (row.section() == section.name && !is_left_out) lines += line_of(row);
    }
    if (lines.empty()) continue;
    if (!text.empty()) text += "\n";
    text += "[" + section.name + "]\n" + lines;
  }
  return text;
}

std::string identity_digest(const OptionTable& table) {
  Xxh3_128 digest;
  for (const Option& row : table.rows()) {
    if (row.is_identity()) digest.update(bytes_of(row.name() + "=" + quote_ini_value(row.value_text()) + "\n"));
  }
  return digest.hex();
}

std::vector<IdentityDifference> compare_identity(const OptionTable& table, std::string_view other_ini,
                                                 std::string_view other_name) {
  std::map<std::string, std::string> others;
  for (const IniEntry& entry : parse_ini(other_ini, other_name)) others[entry.section + "." + entry.key] = entry.value;
  std::vector<IdentityDifference> differences;
  for (const Option& row : table.rows()) {
    if (!row.is_identity()) continue;
    const auto other = others.find(row.name());
    const std::string there = other == others.end() ? row.default_text() : canonical_or_raw(row, other->second);
    if (row.value_text() != there) differences.push_back({row.name(), row.value_text(), there});
  }
  return differences;
}

}  // namespace hpctrain::config
