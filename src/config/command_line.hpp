// Turns program arguments into assignments and positional words; the one place that uses Boost.Program_options.
// Must not check values (resolve.hpp does) nor know what positional words mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/assignment.hpp"
#include "config/option_table.hpp"

namespace hpctrain::config {

struct CommandLine {
  std::vector<Assignment> assignments;
  std::vector<std::string> positionals;
};

/// Thrown where `--help` or `-h` stands among the flags and is no option: no error, but the way out of a command that
/// has only begun to look at its arguments.
struct HelpRequest {
  std::string flags;           ///< help_flags() of the command's table
  bool takes_options = false;  ///< of sections, besides flags
};

/// Reads `--name value`, `--name=value`, aliases, `-o value` and words without a dash; `--` ends the flags.
/// `axis_flag`, when not empty, names a repeatable flag that takes NAME=VALUES (`--sweep optim.lr=0.1,0.03`).
///   errors  Fault::usage for unknown or abbreviated flags (with the nearest name), repeats, missing values;
///           HelpRequest
CommandLine parse_command_line(const OptionTable& table, const std::vector<std::string>& arguments,
                               std::string_view axis_flag = {});

}  // namespace hpctrain::config
