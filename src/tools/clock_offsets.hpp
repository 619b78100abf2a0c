// How far the clocks of nodes are apart, without asking a time server.
#pragma once

#include "comm/communicator.hpp"

namespace hpctrain::tools {

/// Seconds that this rank's clock is ahead of rank zero's, to about half the time of a message.
///   collective  all ranks of `group`
///   cost        some messages between rank zero and each other rank, one rank after the other
double measure_clock_ahead(comm::Communicator& group);

}  // namespace hpctrain::tools
