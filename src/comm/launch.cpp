// The order of the questions matters: mpirun inside a Slurm allocation passes Slurm's variables on, and those describe
// its own daemons, so the launcher nearest to the process is asked first.
#include "comm/launch.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "core/error.hpp"

namespace hpctrain::comm {

namespace {

template <class Number = int>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string_view find_text(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<int> find_number(const Environment& environment, const std::string& name) {
  return number_of(find_text(environment, name));
}

/// The number of the node with this index, from a list such as "2(x3),1".
std::optional<int> find_number_of_node(std::string_view list, int node) {
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    const std::size_t bracket = entry.find("(x");
    const auto number = number_of(entry.substr(0, bracket));
    const auto nodes =
        number_of(bracket == entry.npos ? "1" : entry.substr(bracket + 2, entry.find(')') - bracket - 2));
    if (!number || !nodes) return std::nullopt;
    if (node < *nodes) return number;
    node -= *nodes;
  }
  return std::nullopt;
}

std::optional<int> find_slurm_local_world(const Environment& environment) {
  const int node = find_number(environment, "SLURM_NODEID").value_or(0);
  if (const auto tasks = find_number_of_node(find_text(environment, "SLURM_STEP_TASKS_PER_NODE"), node)) return tasks;
  return find_number(environment, "SLURM_NTASKS_PER_NODE");
}

std::optional<int> find_first_number(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto value = find_number(environment, name)) return value;
  }
  return std::nullopt;
}

bool has_prefix(const Environment& environment, const std::string& prefix) {
  const auto next = environment.lower_bound(prefix);
  return next != environment.end() && next->first.starts_with(prefix);
}

Launch plan_slurm_launch(const Environment& environment, int rank) {
  Launch launch;
  launch.kind = LaunchKind::slurm;
  launch.rank = rank;
  // The step's own count first: SLURM_NTASKS may still be that of the allocation.
  launch.world = find_first_number(environment, {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"});
  launch.local_rank = find_number(environment, "SLURM_LOCALID").value_or(0);
  launch.local_world = find_slurm_local_world(environment);
  launch.has_wire_up = has_prefix(environment, "PMIX_") || has_prefix(environment, "PMI_");
  return launch;
}

}  // namespace

std::string_view launch_name(LaunchKind kind) noexcept {
  switch (kind) {
    case LaunchKind::single:
      return "single process";
    case LaunchKind::open_mpi:
      return "mpirun";
    case LaunchKind::slurm:
      return "srun";
    case LaunchKind::pmi:
      return "mpiexec (PMI)";
    case LaunchKind::pmix:
      return "PMIx launcher";
  }
  return "unknown launcher";
}

Launch plan_launch(const Environment& environment) {
  if (const auto rank = find_number(environment, "OMPI_COMM_WORLD_RANK")) {
    return {LaunchKind::open_mpi,
            *rank,
            find_number(environment, "OMPI_COMM_WORLD_SIZE"),
            find_number(environment, "OMPI_COMM_WORLD_LOCAL_RANK").value_or(0),
            find_number(environment, "OMPI_COMM_WORLD_LOCAL_SIZE"),
            true};
  }
  if (const auto rank = find_number(environment, "PMI_RANK")) {
    const auto local_world = find_number(environment, "MPI_LOCALNRANKS");
    return {LaunchKind::pmi,
            *rank,
            find_number(environment, "PMI_SIZE"),
            find_first_number(environment, {"MPI_LOCALRANKID", "SLURM_LOCALID"}).value_or(0),
            local_world ? local_world : find_slurm_local_world(environment),
            true};
  }
  // A batch script carries SLURM_NTASKS and SLURM_PROCID=0 as well; only a step has an id that its tasks can see.
  const auto slurm_rank = find_number(environment, "SLURM_PROCID");
  const bool is_step = environment.contains("SLURM_STEP_ID") || environment.contains("SLURM_STEPID");
  if (slurm_rank && is_step) return plan_slurm_launch(environment, *slurm_rank);
  if (const auto rank = find_number(environment, "PMIX_RANK")) {
    return {LaunchKind::pmix, *rank, std::nullopt, 0, std::nullopt, true};
  }
  return {};
}

bool is_in_allocation(const Environment& environment) {
  return environment.contains("SLURM_JOB_ID");
}

std::optional<int> find_allocated_tasks(const Environment& environment) {
  if (!is_in_allocation(environment)) return std::nullopt;
  if (const auto tasks = find_first_number(environment, {"SLURM_NTASKS", "SLURM_NPROCS"})) return tasks;
  const auto nodes = find_first_number(environment, {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"});
  const auto tasks_per_node = find_number(environment, "SLURM_NTASKS_PER_NODE");
  if (!nodes || !tasks_per_node) return std::nullopt;
  return *nodes * *tasks_per_node;
}

std::optional<int> find_job_cpus_of_node(const Environment& environment) {
  return find_number_of_node(find_text(environment, "SLURM_JOB_CPUS_PER_NODE"),
                             find_number(environment, "SLURM_NODEID").value_or(0));
}

std::optional<int> find_job_gpus_of_node(const Environment& environment) {
  return find_number(environment, "SLURM_GPUS_ON_NODE");
}

std::optional<double> find_job_end_unix(const Environment& environment) {
  if (const auto seconds = number_of<long long>(find_text(environment, "SLURM_JOB_END_TIME"))) {
    return static_cast<double>(*seconds);
  }
  return std::nullopt;
}

Environment read_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void require_world_matches(const Launch& launch, int mpi_world) {
  if (!launch.world || mpi_world >= *launch.world) return;
  const std::string launcher(launch_name(launch.kind));
  const std::string cure = launch.kind == LaunchKind::slurm
                               ? "use srun --mpi=pmix (srun --mpi=list shows what there is) or mpirun"
                               : "use the mpirun that belongs to the MPI this program was built with";
  throw Error(Fault::comm, "joining the ranks: " + launcher + " started " + std::to_string(*launch.world) +
                               " processes, but MPI sees a world of " + std::to_string(mpi_world) +
                               ", so each would train alone; " + cure)
      .as_agreed();
}

bool is_wire_up_missing(const Launch& launch, std::string_view mpi_version) {
  const bool is_lost = launch.kind == LaunchKind::slurm && !launch.has_wire_up && launch.world.value_or(1) > 1;
  return is_lost && mpi_version.starts_with("Open MPI");
}

void require_wire_up(const Launch& launch, std::string_view mpi_version) {
  if (!is_wire_up_missing(launch, mpi_version)) return;
  throw Error(Fault::comm, "joining the ranks: srun started " + std::to_string(*launch.world) +
                               " processes without PMIx, so Open MPI cannot connect them; use srun --mpi=pmix "
                               "(srun --mpi=list shows what there is) or mpirun")
      .as_agreed();
}

}  // namespace hpctrain::comm
