// The name of the machine, as messages and placements show it. Must not know MPI.
#pragma once

#include <string>

namespace hpctrain::comm {

/// Host name without the domain.
std::string host_name();

}  // namespace hpctrain::comm
