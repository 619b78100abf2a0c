// What ranks do about each other.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

void add_comm_options(OptionTable& table, Settings& settings) {
  table.add_section("comm", "Communication");
  table.add(option(settings.watchdog.timeout_seconds, "comm", "hang-timeout-seconds")
                .at_least(0)
                .unit("seconds")
                .help("End the job, naming the rank, when one does nothing for so long; ten times as long while "
                      "evaluating or saving; 0: never"));
  table.add(option(settings.watchdog.start_timeout_seconds, "comm", "start-timeout-seconds")
                .at_least(0)
                .unit("seconds")
                .help("End the job when its ranks have not found each other after so long, what rank zero needs to "
                      "look at the data set included; 0: never"));
}

}  // namespace hpctrain::apps
