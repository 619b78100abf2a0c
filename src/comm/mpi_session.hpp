// The lifetime of MPI in one process: initialise, place this rank, leave in order. Everything that may fail while
// MPI is up runs inside run_guarded. Must not know what the program does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "comm/communicator.hpp"
#include "comm/launch.hpp"
#include "core/placement.hpp"

namespace hpctrain::comm {

/// Owns MPI_Init_thread(MPI_THREAD_MULTIPLE) and MPI_Finalize. One per process.
class MpiSession {
 public:
  /// Starts MPI and finds this rank's place.
  ///   collective  all ranks of the job
  ///   errors      Fault::comm when the launch was not wired to this MPI, or the library lacks MPI_THREAD_MULTIPLE
  explicit MpiSession(Launch launch);
  /// Never communicates: without finalize() MPI stays up, for the guard or the launcher to end.
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  Communicator& world() noexcept { return *world_; }
  const Placement& placement() const noexcept { return placement_; }
  const Launch& launch() const noexcept { return launch_; }

  /// True on the one rank whose messages stand for all. Of N singletons only the first launched one speaks.
  bool is_speaker() const noexcept;

  /// Leaves MPI in order, once all ranks are here; afterwards world() may not be used.
  ///   collective  all ranks of the job
  void finalize();

 private:
  Launch launch_;
  Placement placement_;
  std::unique_ptr<Communicator> world_;
  bool is_finalized_ = false;
};

/// MPI_COMM_WORLD (duplicated) of an MPI that somebody else initialised: tests, embedding programs.
///   collective  all ranks
std::unique_ptr<Communicator> make_world_communicator();

/// Library name and version in one line, e.g. "Open MPI v4.1.4". Callable before MPI is started.
std::string mpi_version_text();
}  // namespace hpctrain::comm
