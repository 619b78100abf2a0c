// Which CPUs this rank may use. mpirun binds each of one or two ranks to a single core, which starves loader and
// compute threads: the node's CPUs are divided anew. Must not know MPI or threads of others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "comm/launch.hpp"

namespace hpctrain::comm {

/// One CPU the kernel schedules on, and the hardware it belongs to.
struct Cpu {
  int number = 0;
  int package = 0;
  int core = 0;
};

/// CPU numbers ordered by package, core, number: hardware threads of one core become neighbours, so that
/// contiguous slices share no core.
std::vector<int> plan_cpu_order(std::vector<Cpu> cpus);

/// The part of `cpus` that belongs to this rank: disjoint contiguous slices where there are enough CPUs, else all.
std::vector<int> plan_cpu_slice(const std::vector<int>& cpus, int local_rank, int local_world);

/// True when somebody asked for the present binding, so that it must stay: srun with --cpus-per-task or a
/// --cpu-bind of more than one CPU, mpirun with --bind-to or --map-by, OMP_PROC_BIND or GOMP_CPU_AFFINITY.
bool is_binding_wanted(const Environment& environment, std::size_t bound_cpus);

struct CpuGrant {
  std::vector<int> cpus;  ///< where this rank may run
  std::size_t share = 1;  ///< threads that keep busy there without taking turns with other ranks
};

/// All of `granted`, but one where `local_world` ranks share fewer CPUs than they are, and no more than Slurm promised
/// each task (clusters that bind nothing let every task see the whole node).
std::size_t plan_cpu_share(std::size_t granted, std::size_t on_node, int local_world, const Environment& environment);

/// Lets the calling thread, and threads it starts later, run on this rank's slice of the CPUs that the job's
/// cgroup allows on this node.
///   returns  the CPUs granted; the present ones when the binding was wanted or cannot be changed
CpuGrant widen_affinity(int local_rank, int local_world, const Environment& environment);

/// The CPUs that the calling thread may run on now, ascending.
std::vector<int> read_affinity();

}  // namespace hpctrain::comm
