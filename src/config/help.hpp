// Help texts of an option table, for a terminal of 100 columns. Must not print, nor know any option by name.
#pragma once

#include <string>
#include <string_view>

#include "config/option_table.hpp"

namespace hpctrain::config {

/// Short forms, and every section with its title and keys.
std::string help_overview(const OptionTable& table);

/// What belongs to the command line of one command alone; empty when there is nothing.
std::string help_flags(const OptionTable& table);

/// Every option of one section (`all`: of all sections) with default, range, unit and meaning.
///   errors  Fault::usage for an unknown section, with the nearest name
std::string help_section(const OptionTable& table, std::string_view section);

}  // namespace hpctrain::config
