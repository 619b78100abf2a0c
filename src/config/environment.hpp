// Turns environment variables HPCTRAIN_SECTION_KEY into assignments. Variables of unknown sections belong to somebody
// else and are left alone. Must not check values.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/assignment.hpp"
#include "config/option_table.hpp"

namespace hpctrain::config {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// The variables of this process.
Variables process_environment();

///   errors  Fault::usage for an unknown key of a known section, with the nearest name
std::vector<Assignment> parse_environment(const OptionTable& table, const Variables& variables);

}  // namespace hpctrain::config
