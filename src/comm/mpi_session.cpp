// Placement comes from MPI itself: two ranks are on one node when they can share memory, whatever the hosts are called.
#include "comm/mpi_session.hpp"

#include <array>

#include "comm/host_name.hpp"
#include "comm/mpi_communicator.hpp"
#include "comm/mpi_error.hpp"

namespace hpctrain::comm {

namespace {

/// Ranks of this node, ordered by world rank (collective).
MpiCommunicator split_by_node(Communicator& world) {
  MPI_Comm node = MPI_COMM_NULL;
  mpi_ok(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, world.rank(), MPI_INFO_NULL, &node),
         "finding the ranks of this node", Fault::comm);
  return MpiCommunicator(node);
}

/// (collective)
Placement find_placement(Communicator& world) {
  Placement placement;
  placement.rank = world.rank();
  placement.world = world.size();
  placement.host = host_name();

  MpiCommunicator node = split_by_node(world);
  placement.local_rank = node.rank();
  placement.local_world = node.size();

  // Nodes are numbered in the order of their leaders' world ranks.
  const std::unique_ptr<Communicator> same_local_rank = world.split(node.is_leader() ? 0 : 1, world.rank());
  std::array<std::int32_t, 2> index_and_count = {same_local_rank->rank(), same_local_rank->size()};
  node.broadcast({index_and_count.data(), index_and_count.size(), ElementType::i32}, 0);
  placement.node = index_and_count[0];
  placement.nodes = index_and_count[1];
  return placement;
}

void start_mpi() {
  int provided = 0;
  mpi_ok(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "starting MPI", Fault::comm);
  require(provided >= MPI_THREAD_MULTIPLE, Fault::comm,
          "starting MPI: " + mpi_version_text() + " does not support MPI_THREAD_MULTIPLE; load an MPI built with it");
}

}  // namespace

MpiSession::MpiSession(Launch launch) : launch_(launch) {
  require_wire_up(launch_, mpi_version_text());
  start_mpi();
  world_ = make_mpi_world();
  placement_ = find_placement(*world_);
}

MpiSession::~MpiSession() {
  // Freeing the communicator is collective: only finalize() may do it.
  if (!is_finalized_) static_cast<void>(world_.release());
}

bool MpiSession::is_speaker() const noexcept {
  const bool is_alone_among_many = placement_.world < launch_.world.value_or(placement_.world);
  return is_alone_among_many ? launch_.rank == 0 : placement_.is_leader();
}

void MpiSession::finalize() {
  if (is_finalized_) return;
  // Nobody leaves while another may still write to them. MPI_Finalize's own fence does not ensure it: under Slurm's
  // PMIx plugin on busy nodes, Open MPI 4.1 let whole nodes go seconds early, and letters to them hung for ever.
  world_->barrier();
  is_finalized_ = true;
  world_.reset();
  mpi_ok(MPI_Finalize(), "leaving MPI");
}

std::string mpi_version_text() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown MPI";
  const std::string full(text.data(), static_cast<std::size_t>(length));
  return full.substr(0, full.find_first_of(",\n"));
}

}  // namespace hpctrain::comm
