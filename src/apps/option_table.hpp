// The single table of options: one row each, from which flag, INI key, environment variable, help, check, sweep axis,
// docs/options.md and run.ini follow.
#pragma once

#include "apps/settings.hpp"
#include "config/option_table.hpp"

namespace hpctrain::apps {

/// `settings` must be default-constructed, outlive the table and stay where it is.
config::OptionTable make_option_table(Settings& settings);

}  // namespace hpctrain::apps
