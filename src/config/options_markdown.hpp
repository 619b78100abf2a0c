// The generated page docs/options.md. Must not know any option by name, nor touch a disk.
#pragma once

#include <string>
#include <string_view>

#include "config/option_table.hpp"

namespace hpctrain::config {

/// One table per section. `command` is the command that writes the page; the page names it at its top.
std::string options_markdown(const OptionTable& table, std::string_view command);

}  // namespace hpctrain::config
