// A sound allocation as facts, for tests that spoil one of them, and what is expected of the verdict then.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tools/diagnosis.hpp"

namespace hpctrain::tools {

inline constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

inline NodeFacts sound_node(int number) {
  NodeFacts node;
  node.node = number;
  node.host = "n" + std::to_string(number + 1);
  node.held_cpus = 8;
  node.shared_memory_bytes = 4 * kGib;
  node.link = "ib0";
  node.link_bytes_per_second = 12.5e9;
  node.data_obstacle = "";
  node.reading = Throughput{64 << 20, 0.1};
  node.data_lock_obstacle = "";
  node.cache_plan = "replicate: each shard is copied once to this node";
  node.run_obstacle = "";
  return node;
}

inline RankFacts sound_rank(int number, int node, int local_rank) {
  RankFacts rank;
  rank.rank = number;
  rank.node = node;
  rank.local_rank = local_rank;
  rank.host = "n" + std::to_string(node + 1);
  rank.cpu_share = 4;
  for (int cpu = 0; cpu < 4; ++cpu) rank.cpus.push_back(4 * local_rank + cpu);
  rank.operation_threads = 4;
  rank.gpus = {"0000:01", "0000:02"};
  rank.has_gpu_hardware = true;
  rank.driver_cuda = 13000;
  rank.built_cuda = 13000;
  rank.limits.core_bytes = 0;
  rank.limits.open_files = 4096;
  return rank;
}

/// Two nodes with two ranks and two GPUs each, srun, everything measured and well.
inline PreflightFacts sound_facts() {
  PreflightFacts facts;
  facts.job.launch = comm::LaunchKind::slurm;
  facts.job.world = 4;
  facts.job.launched = 4;
  facts.job.allocated_tasks = 4;
  facts.job.data_folder = "/data/set";
  facts.job.data_bytes = 10 * kGib;
  facts.job.data_shards = 40;
  facts.job.run_place = "/scratch/runs";
  facts.job.writing = Throughput{64 << 20, 0.2};
  facts.job.is_in_allocation = true;
  facts.job.seconds_left = 7200;
  facts.job.stop_reserve_seconds = 60;
  facts.job.sums_within = SumThroughput{2, "shared memory", 16'000'000, 0.004};
  facts.job.sums_between = SumThroughput{2, "NCCL", 16'000'000, 0.002};
  for (int node = 0; node < 2; ++node) {
    facts.nodes.push_back(sound_node(node));
    for (int local = 0; local < 2; ++local) facts.ranks.push_back(sound_rank(2 * node + local, node, local));
  }
  return facts;
}

inline Finding find_finding(const std::vector<Finding>& findings, const std::string& check) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const auto& finding) { return finding.check == check; });
  if (found != findings.end()) return *found;
  ADD_FAILURE() << "nothing is said of " << check;
  return {};
}

/// The finding of one check is as told, and all others are good.
inline void expect_only(const PreflightFacts& facts, const std::string& check, FindingLevel level, int code,
                        const std::vector<std::string>& words) {
  const auto findings = plan_diagnosis(facts);
  for (const Finding& finding : findings) {
    if (finding.check == check) continue;
    EXPECT_EQ(finding.level, FindingLevel::good) << finding.check << ": " << finding.found;
  }
  const Finding finding = find_finding(findings, check);
  EXPECT_EQ(finding.level, level) << finding.found;
  EXPECT_EQ(plan_exit_code(findings), code);
  for (const std::string& word : words) {
    EXPECT_NE((finding.found + "\n" + finding.cure).find(word), std::string::npos)
        << finding.found << "\n"
        << finding.cure << "\nlacks: " << word;
  }
}

inline constexpr auto kWarning = FindingLevel::warning;
inline constexpr auto kFailure = FindingLevel::failure;

}  // namespace hpctrain::tools
