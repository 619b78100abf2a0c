// Decides which source wins for every option and stores the values: flag > environment > file > default.
// Must not know any option by name, nor what the program does with positional words.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/assignment.hpp"
#include "config/axis.hpp"
#include "config/option_table.hpp"

namespace hpctrain::config {

/// What a comma list means to the command at hand.
enum class AxisPolicy {
  refuse,   ///< an error that names `hpctrain sweep`
  collect,  ///< an axis
};

/// Assignments per source, as returned by parse_command_line(), parse_environment() and assignments_from_ini().
/// `files` holds one list per file; a later file wins over an earlier one.
struct Sources {
  std::vector<Assignment> flags;
  std::vector<Assignment> environment;
  std::vector<std::vector<Assignment>> files;
};

/// What resolve() found beyond the values themselves.
struct Resolution {
  std::vector<Axis> axes;                      ///< in table order; the settings hold each axis's first value
  std::map<std::string, std::string> origins;  ///< option name → where its value stands; absent: the default

  bool is_given(std::string_view name) const { return origins.count(std::string(name)) != 0; }
  /// `--lr`, `HPCTRAIN_OPTIM_LR`, `run.ini:12` or `default`: the line to change.
  std::string origin_of(std::string_view name) const;
};

/// Checks every assignment of every source, overridden ones too, then stores the winners. Nothing is stored on error.
///   errors  Fault::usage naming the origin
Resolution resolve(const OptionTable& table, const Sources& sources, AxisPolicy policy);

}  // namespace hpctrain::config
