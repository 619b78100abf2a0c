// What a start of a training says of its allocation: the cheap part of `hpctrain doctor`.
#pragma once

#include "apps/ranked_start.hpp"
#include "comm/mpi_session.hpp"

namespace hpctrain::apps {

/// A warning for everything that is not as it should be, with the line to change; refuses nothing.
///   collective  all ranks
///   cost        milliseconds
void warn_of_allocation(comm::MpiSession& session, const RankedStart& start);

}  // namespace hpctrain::apps
