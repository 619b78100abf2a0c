// How the ranks were started, and what each has of its node.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/text_format.hpp"
#include "tools/diagnosis_checks.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;
// MPI, LibTorch and the log keep some; readers open every shard.
constexpr std::uint64_t kFilesBesidesShards = 256;

std::string launch_cure(comm::LaunchKind kind) {
  return kind == comm::LaunchKind::slurm || kind == comm::LaunchKind::single
             ? "srun --mpi=pmix -K1 hpctrain … (srun --mpi=list shows what there is)"
             : "start with the mpirun that belongs to the MPI this program was built with";
}

/// Empty where all CPUs that matter are used.
CheckResult check_threads(const PreflightFacts& facts) {
  for (const RankFacts& rank : facts.ranks) {
    const auto threads = static_cast<std::uint64_t>(rank.operation_threads);
    if (threads <= rank.cpu_share) continue;
    return failure("processors", Fault::usage,
                   fmt::format("{} computes with {} threads (train.threads) on {}", name_of(rank), threads,
                               count_of(rank.cpu_share, "CPU")),
                   fmt::format("train.threads = {}, or #SBATCH --cpus-per-task={} and srun --cpus-per-task={}",
                               rank.cpu_share, threads, threads));
  }
  return std::nullopt;
}

CheckResult check_node_cpus(const PreflightFacts& facts) {
  for (const NodeFacts& node : facts.nodes) {
    const auto ranks = ranks_of_node(facts, node.node);
    std::set<int> cpus;
    for (const RankFacts* rank : ranks) cpus.insert(rank->cpus.begin(), rank->cpus.end());
    if (cpus.size() < ranks.size()) {
      return warning(
          "processors",
          fmt::format("{} on {} share {}", count_of(ranks.size(), "rank"), node.host, count_of(cpus.size(), "CPU")),
          "#SBATCH --cpus-per-task=4 and srun --cpus-per-task=4, or fewer ranks on a node");
    }
    // Half is no loss where a core counts as two CPUs and one of them is left idle on purpose.
    if (node.held_cpus && cpus.size() * 2 < *node.held_cpus) {
      const std::uint64_t each = *node.held_cpus / ranks.size();
      return warning("processors",
                     fmt::format("the job holds {} on {}, its ranks may use {}", count_of(*node.held_cpus, "CPU"),
                                 node.host, cpus.size()),
                     fmt::format("srun --cpus-per-task={}: srun does not take it from sbatch", each));
    }
  }
  return std::nullopt;
}

CheckResult check_readers(const PreflightFacts& facts) {
  for (const RankFacts& rank : facts.ranks) {
    const auto readers = static_cast<std::uint64_t>(rank.reader_threads);
    if (readers <= rank.cpu_share) continue;
    return warning("processors",
                   fmt::format("{} reads with {} (data.threads) on {}", name_of(rank), count_of(readers, "thread"),
                               count_of(rank.cpu_share, "CPU")),
                   fmt::format("data.threads = {}, or #SBATCH --cpus-per-task={}", rank.cpu_share, readers));
  }
  return std::nullopt;
}

void note_end(std::vector<std::string>& oddities, const std::optional<std::uint64_t>& limit, const std::string& words) {
  if (limit) oddities.push_back(fmt::format(fmt::runtime(words), *limit));
}

}  // namespace

CheckResult check_launch(const PreflightFacts& facts) {
  const JobFacts& job = facts.job;
  const std::string launcher(comm::launch_name(job.launch));
  const auto world = static_cast<std::size_t>(job.world);
  if (job.launched && *job.launched > job.world) {
    return failure("launch", Fault::comm,
                   fmt::format("{} started {} processes, but MPI joins {}: each would train alone", launcher,
                               *job.launched, job.world == 1 ? "none of them" : fmt::format("{}", job.world)),
                   launch_cure(job.launch));
  }
  if (job.allocated_tasks && *job.allocated_tasks > job.world) {
    const std::string found =
        fmt::format("{} of {} tasks that the scheduler gave this job", count_of(world, "rank"), *job.allocated_tasks);
    if (job.launch == comm::LaunchKind::single) return failure("launch", Fault::comm, found, launch_cure(job.launch));
    return warning("launch", found, fmt::format("{} -n {} hpctrain …", launcher, *job.allocated_tasks));
  }
  const std::string nodes = count_of(facts.nodes.size(), "node");
  return good("launch", fmt::format("{} on {}, {}", count_of(world, "rank"), nodes, launcher));
}

CheckResult check_equality(const PreflightFacts& facts) {
  if (facts.job.world == 1) return std::nullopt;
  if (facts.job.difference.empty()) return good("options, versions", "alike on all ranks");
  return failure_from("options, versions", Fault::comm, facts.job.difference,
                      "start all ranks with the same program, options, files and environment");
}

CheckResult check_processors(const PreflightFacts& facts) {
  for (const auto& check : {check_threads, check_node_cpus, check_readers}) {
    if (auto finding = check(facts)) return finding;
  }
  const auto [least, most] = std::minmax_element(facts.ranks.begin(), facts.ranks.end(),
                                                 [](auto& a, auto& b) { return a.cpu_share < b.cpu_share; });
  const std::string share = least->cpu_share == most->cpu_share
                                ? count_of(least->cpu_share, "CPU")
                                : fmt::format("{} to {} CPUs", least->cpu_share, most->cpu_share);
  return good("processors", fmt::format("{} for each rank, {} to compute", share,
                                        count_of(static_cast<std::size_t>(least->operation_threads), "thread")));
}

CheckResult check_limits(const PreflightFacts& facts) {
  std::set<std::string> oddities;
  bool has_infiniband = false;
  for (const NodeFacts& node : facts.nodes) has_infiniband = has_infiniband || node.has_infiniband;
  const std::uint64_t files = facts.job.data_shards + kFilesBesidesShards;
  for (const RankFacts& rank : facts.ranks) {
    const LimitFacts& limits = rank.limits;
    std::vector<std::string> found;
    if (limits.open_files && *limits.open_files < files) {
      found.push_back(fmt::format("{} open files where {} may be needed: ulimit -n {}", *limits.open_files, files,
                                  std::max<std::uint64_t>(files, 4096)));
    }
    if (has_infiniband && limits.locked_bytes && *limits.locked_bytes < kGib) {
      found.push_back(
          fmt::format("{} of locked memory where InfiniBand wants no limit: LimitMEMLOCK=infinity for slurmd",
                      format_bytes(*limits.locked_bytes)));
    }
    if (!limits.core_bytes) {
      found.emplace_back("a crash may write the whole memory of a rank to the disk: ulimit -c 0");
    }
    note_end(found, limits.processor_seconds, "each rank is ended after {} s of processor time: ulimit -t unlimited");
    note_end(found, limits.file_bytes, "no file may grow over {} bytes: ulimit -f unlimited");
    note_end(found, limits.address_bytes, "address space ends at {} bytes: ulimit -v unlimited");
    oddities.insert(found.begin(), found.end());
  }
  if (oddities.empty()) return good("limits", "none that matters");
  return warning("limits", fmt::format("{}", fmt::join(oddities, "; ")),
                 "in the job script before srun, or with the administrators (docs/administrators.md)");
}

}  // namespace hpctrain::tools
