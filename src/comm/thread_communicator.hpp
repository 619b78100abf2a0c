// Ranks as threads of one process, for tests and for programs with a single rank. Reductions run in rank order, so
// results are bit-equal from run to run. Must not know MPI.
#pragma once

#include <functional>
#include <memory>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

/// Runs `body` once per rank, each in a thread of its own, and rethrows the first exception after all ended.
///   blocks  until all ranks returned; when one failed or left early, ranks that wait for it get Fault::stopped
void run_ranks(int ranks, const std::function<void(Communicator&)>& body);

/// A group of one rank.
std::unique_ptr<Communicator> make_single_rank_communicator();

}  // namespace hpctrain::comm
