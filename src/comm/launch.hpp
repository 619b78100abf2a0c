// Who started this process and as one of how many, read from the environment before MPI is up. Must not know MPI: it
// exists to notice when MPI and the launcher disagree.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hpctrain::comm {

using Environment = std::map<std::string, std::string>;

enum class LaunchKind {
  single,    ///< no launcher: one process
  open_mpi,  ///< mpirun of Open MPI, inside a Slurm allocation too
  slurm,     ///< a task of an srun step
  pmi,       ///< mpiexec of MPICH or Intel MPI
  pmix,      ///< another PMIx launcher, which does not tell the world size
};

struct Launch {
  LaunchKind kind = LaunchKind::single;
  int rank = 0;
  std::optional<int> world = 1;  ///< ranks the launcher started, where it says so
  int local_rank = 0;
  std::optional<int> local_world = 1;
  bool has_wire_up = true;  ///< the launcher left an address at which MPI can find the other ranks
};

std::string_view launch_name(LaunchKind kind) noexcept;

/// Decides by the variables that launchers set. A batch script without srun is a single process.
Launch plan_launch(const Environment& environment);

/// Tasks that the scheduler gave the job, or the step where this process is part of one.
std::optional<int> find_allocated_tasks(const Environment& environment);

/// CPUs that the job holds on this process's node, and GPUs; where Slurm says so.
std::optional<int> find_job_cpus_of_node(const Environment& environment);
std::optional<int> find_job_gpus_of_node(const Environment& environment);

/// This process is part of a scheduler's job.
bool is_in_allocation(const Environment& environment);

/// When the scheduler will end the job, where its variables say so (Slurm from 23.02 on).
std::optional<double> find_job_end_unix(const Environment& environment);

/// The environment of this process.
Environment read_environment();

/// Refuses N singletons started in place of N ranks, and every other MPI world smaller than the launch.
///   errors  Fault::comm, agreed
void require_world_matches(const Launch& launch, int mpi_world);

/// An srun step that Open MPI cannot join: every process would be alone.
bool is_wire_up_missing(const Launch& launch, std::string_view mpi_version);

/// Refuses an srun step that Open MPI cannot join, before MPI_Init ends the process with a page of text per rank.
///   errors  Fault::comm, agreed
void require_wire_up(const Launch& launch, std::string_view mpi_version);

}  // namespace hpctrain::comm
