// Turns MPI's return codes into Error; the only place that knows MPI's error texts.
#pragma once

#include <string_view>

#include "core/error.hpp"

namespace hpctrain::comm {

/// Throws unless `code` is MPI_SUCCESS.
///   errors  `fault`: comm while communication is set up; later stopped, since then a peer or the network is gone
void mpi_ok(int code, std::string_view what, Fault fault = Fault::stopped);

}  // namespace hpctrain::comm
