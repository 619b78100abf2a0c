// Asking for every CPU lets the kernel answer with those that the cgroup's cpuset allows, whatever the cgroup version
// and wherever it is mounted; the answer is then divided.
#include "comm/affinity.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <tuple>
#include <utility>

namespace hpctrain::comm {

namespace {

/// More CPUs than any node has: the kernel refuses sets shorter than its own.
constexpr int kMaximumCpus = 8192;

/// A kernel CPU set of kMaximumCpus bits.
class CpuSet {
 public:
  bool read() { return sched_getaffinity(0, sizeof words_, first()) == 0; }
  bool write() const { return sched_setaffinity(0, sizeof words_, first()) == 0; }
  void add(int cpu) { CPU_SET_S(static_cast<std::size_t>(cpu), sizeof words_, first()); }
  bool contains(int cpu) const { return CPU_ISSET_S(static_cast<std::size_t>(cpu), sizeof words_, first()) != 0; }

  static CpuSet of(const std::vector<int>& cpus) {
    CpuSet set;
    for (const int cpu : cpus) set.add(cpu);
    return set;
  }

  static CpuSet all() {
    CpuSet set;
    for (int cpu = 0; cpu < kMaximumCpus; ++cpu) set.add(cpu);
    return set;
  }

 private:
  cpu_set_t* first() { return words_; }
  const cpu_set_t* first() const { return words_; }

  cpu_set_t words_[kMaximumCpus / CPU_SETSIZE] = {};
};

int read_topology_number(int cpu, const std::string& name) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/" + name);
  int value = 0;
  // Containers may hide the topology: then all CPUs look alike and keep their numeric order.
  return file >> value ? value : 0;
}

std::vector<Cpu> read_topology(const std::vector<int>& cpus) {
  std::vector<Cpu> places;
  for (const int cpu : cpus) {
    places.push_back({cpu, read_topology_number(cpu, "physical_package_id"), read_topology_number(cpu, "core_id")});
  }
  return places;
}

bool starts_with_any(const std::string& text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::string find_text(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

std::vector<int> plan_cpu_order(std::vector<Cpu> cpus) {
  std::sort(cpus.begin(), cpus.end(), [](const Cpu& a, const Cpu& b) {
    return std::tie(a.package, a.core, a.number) < std::tie(b.package, b.core, b.number);
  });
  std::vector<int> numbers;
  for (const Cpu& cpu : cpus) numbers.push_back(cpu.number);
  return numbers;
}

std::vector<int> plan_cpu_slice(const std::vector<int>& cpus, int local_rank, int local_world) {
  const auto count = static_cast<std::ptrdiff_t>(cpus.size());
  if (local_world < 1 || local_rank >= local_world || count < local_world) return cpus;
  const std::ptrdiff_t first = count * local_rank / local_world;
  const std::ptrdiff_t last = count * (local_rank + 1) / local_world;
  return {cpus.begin() + first, cpus.begin() + last};
}

bool is_binding_wanted(const Environment& environment, std::size_t bound_cpus) {
  const std::string openmp = find_text(environment, "OMP_PROC_BIND");
  if ((!openmp.empty() && openmp != "false" && openmp != "FALSE") || environment.contains("GOMP_CPU_AFFINITY"))
    return true;
  if (environment.contains("SLURM_CPUS_PER_TASK") && bound_cpus > 1) return true;
  const std::string slurm_binding = find_text(environment, "SLURM_CPU_BIND_TYPE");
  if (bound_cpus > 1 && starts_with_any(slurm_binding, {"mask_", "map_", "rank"})) return true;
  // mpirun hands its options on to the ranks; its silent default (one core for one or two ranks) leaves no trace.
  const std::string policy = find_text(environment, "OMPI_MCA_hwloc_base_binding_policy");
  if (!policy.empty() && policy != "none") return true;
  return find_text(environment, "OMPI_MCA_rmaps_base_mapping_policy").find("PE=") != std::string::npos;
}

std::vector<int> read_affinity() {
  CpuSet set;
  std::vector<int> cpus;
  if (!set.read()) return cpus;
  for (int cpu = 0; cpu < kMaximumCpus; ++cpu) {
    if (set.contains(cpu)) cpus.push_back(cpu);
  }
  return cpus;
}

std::size_t plan_cpu_share(std::size_t granted, std::size_t on_node, int local_world, const Environment& environment) {
  if (on_node < static_cast<std::size_t>(std::max(local_world, 1))) return 1;
  const std::string promised = find_text(environment, "SLURM_CPUS_PER_TASK");
  std::size_t most = granted;
  const auto [end, error] = std::from_chars(promised.data(), promised.data() + promised.size(), most);
  const bool is_number = error == std::errc() && end == promised.data() + promised.size();
  return std::max<std::size_t>(1, is_number ? std::min(granted, most) : granted);
}

CpuGrant widen_affinity(int local_rank, int local_world, const Environment& environment) {
  const auto grant = [&](std::vector<int> cpus, std::size_t on_node) -> CpuGrant {
    const std::size_t share = plan_cpu_share(cpus.size(), on_node, local_world, environment);
    return {std::move(cpus), share};
  };
  const std::vector<int> present = read_affinity();
  // A wanted binding is each rank's own: how many CPUs the node has does not matter.
  constexpr auto kOwn = std::numeric_limits<std::size_t>::max();
  if (is_binding_wanted(environment, present.size())) return grant(present, kOwn);
  if (!CpuSet::all().write()) return grant(present, kOwn);
  const std::vector<int> allowed = read_affinity();
  const std::vector<int> slice = plan_cpu_slice(plan_cpu_order(read_topology(allowed)), local_rank, local_world);
  if (!CpuSet::of(slice).write()) return grant(allowed, allowed.size());
  return grant(read_affinity(), allowed.size());
}

}  // namespace hpctrain::comm
