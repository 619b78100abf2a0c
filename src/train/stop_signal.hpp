// Signals that ask a run to stop. Handlers only set a flag: everything else happens at a step boundary, agreed by all.
#pragma once

#include <string>

namespace hpctrain::train {

/// Catches SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 for the rest of the process's life. A second SIGINT ends it at once.
void catch_stop_signals();

/// The first signal caught, 0 while there was none.
int caught_stop_signal() noexcept;

/// "SIGTERM".
std::string signal_name(int signal);

}  // namespace hpctrain::train
