// Where one process stands among all processes of a job: a plain value, so that rooms which must not know MPI
// (data, monitor) can still divide work.
#pragma once

#include <string>

namespace hpctrain {

struct Placement {
  int rank = 0;         ///< 0 … world-1
  int world = 1;        ///< number of ranks
  int node = 0;         ///< index of this rank's node, 0 … nodes-1
  int nodes = 1;        ///< number of nodes
  int local_rank = 0;   ///< rank among the ranks of this node
  int local_world = 1;  ///< ranks on this node
  std::string host;     ///< host name

  bool is_leader() const noexcept { return rank == 0; }
  bool is_node_leader() const noexcept { return local_rank == 0; }
};

}  // namespace hpctrain
