// Owns the spelling of the variables and the rule which of them are ours. Must not check values.
#include "config/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "config/name_distance.hpp"

namespace hpctrain::config {
namespace {

std::string section_prefix(std::string_view section) {
  std::string prefix = "HPCTRAIN_" + std::string(section) + "_";
  for (char& c : prefix) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return prefix;
}

bool is_ours(const OptionTable& table, std::string_view variable) {
  return std::any_of(table.sections().begin(), table.sections().end(), [&](const OptionTable::Section& section) {
    const std::string prefix = section_prefix(section.name);
    return variable.substr(0, prefix.size()) == prefix;
  });
}

std::string nearest_variable(const OptionTable& table, std::string_view variable) {
  std::vector<std::string> names;
  for (const Option& row : table.rows()) {
    if (!row.is_flag_only()) names.push_back(row.environment_name());
  }
  return closest_name(variable, names);
}

}  // namespace

Variables process_environment() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::vector<Assignment> parse_environment(const OptionTable& table, const Variables& variables) {
  std::vector<Assignment> assignments;
  for (const auto& [name, text] : variables) {
    if (!is_ours(table, name)) continue;
    const Option* option = table.find_environment(name);
    require(option != nullptr, Fault::usage,
            "environment: unknown variable " + name + "; did you mean " + nearest_variable(table, name) +
                "? Unset it, or see `" + table.program() + " --help`");
    assignments.push_back({option, text, name});
  }
  return assignments;
}

}  // namespace hpctrain::config
