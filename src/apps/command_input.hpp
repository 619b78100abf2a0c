// From program arguments to settled values: what commands with options start from.
// Runs before MPI and communicates with nobody; every rank comes to the same answer.
#pragma once

#include <string>
#include <vector>

#include "apps/settings.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"

namespace hpctrain::apps {

/// Settings with the table that is bound to them; neither can move.
struct CommandInput {
  Settings settings;
  config::OptionTable table;
  config::Resolution resolution;

  CommandInput();
  CommandInput(const CommandInput&) = delete;
  CommandInput& operator=(const CommandInput&) = delete;

  /// Reads flags, environment and at most one INI file. Where run.out names an existing run, its run.ini stands below
  /// all of them, so that `hpctrain --out RUN_DIR` alone continues it.
  ///   errors  Fault::usage
  void resolve(const std::vector<std::string>& arguments, config::AxisPolicy policy);

  /// For commands that look at a run: the first word is its directory, whose run.ini stands below flags and
  /// environment. Returns the other words.
  ///   errors  Fault::usage: no such run; an identity key that differs from the run's
  std::vector<std::string> resolve_run(const std::vector<std::string>& arguments);

 private:
  void settle_data_dir();
};

}  // namespace hpctrain::apps
