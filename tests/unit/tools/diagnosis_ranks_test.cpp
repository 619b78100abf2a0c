// How ranks were started, CPUs, limits: what is said of each bad day.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include "support/allocation_facts.hpp"

namespace hpctrain::tools {
namespace {

TEST(Diagnosis, ProcessesThatMpiDoesNotJoinAreAWrongLaunch) {
  auto facts = sound_facts();
  facts.job.world = 1;
  facts.ranks.resize(1);
  facts.nodes.resize(1);
  const Finding finding = find_finding(plan_diagnosis(facts), "launch");
  EXPECT_EQ(finding.level, kFailure);
  EXPECT_EQ(plan_exit_code(plan_diagnosis(facts)), 76);
  EXPECT_NE(finding.found.find("srun started 4 processes"), std::string::npos);
  EXPECT_NE(finding.cure.find("srun --mpi=pmix"), std::string::npos);
}

TEST(Diagnosis, OneProcessInAnAllocationOfManyTasksIsAWrongLaunch) {
  auto facts = sound_facts();
  facts.job.launch = comm::LaunchKind::single;
  facts.job.world = 1;
  facts.job.launched = 1;
  const Finding finding = find_finding(plan_diagnosis(facts), "launch");
  EXPECT_EQ(finding.level, kFailure);
  EXPECT_NE(finding.found.find("1 rank of 4 tasks"), std::string::npos) << finding.found;
}

TEST(Diagnosis, FewerRanksThanTasksByIntentAreAWarning) {
  auto facts = sound_facts();
  facts.job.launch = comm::LaunchKind::open_mpi;
  facts.job.allocated_tasks = 8;
  expect_only(facts, "launch", kWarning, 0, {"4 ranks of 8 tasks", "mpirun -n 8"});
}

TEST(Diagnosis, RanksStartedWithOtherOptionsAreNamedWithTheDifference) {
  auto facts = sound_facts();
  facts.job.difference = "optim.lr = 0.1 here, but 0.2 on rank 0; start all ranks alike";
  expect_only(facts, "options, versions", kFailure, 76, {"optim.lr = 0.1 here", "start all ranks alike"});
}

TEST(Diagnosis, MoreThreadsThanCpusNamesRankAndBothWaysOut) {
  auto facts = sound_facts();
  facts.ranks[3].cpu_share = 1;
  expect_only(facts, "processors", kFailure, 64,
              {"rank 3 on n2", "4 threads", "1 CPU", "train.threads = 1", "--cpus-per-task=4"});
}

TEST(Diagnosis, RanksThatShareCpusAreAWarning) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) {
    rank.cpus = {0};
    rank.cpu_share = 1;
    rank.operation_threads = 1;
  }
  expect_only(facts, "processors", kWarning, 0, {"2 ranks on n1 share 1 CPU"});
}

TEST(Diagnosis, CpusThatTheStepDoesNotPassOnAreAWarning) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) {
    rank.cpus = {rank.local_rank};
    rank.cpu_share = 1;
    rank.operation_threads = 1;
  }
  expect_only(facts, "processors", kWarning, 0, {"holds 8 CPUs on n1", "may use 2", "srun --cpus-per-task=4"});
}

TEST(Diagnosis, OneIdleHardwareThreadOfEachCoreIsNoLoss) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.held_cpus = 16;
  expect_only(facts, "processors", FindingLevel::good, 0, {"4 CPUs for each rank"});
}

TEST(Diagnosis, MoreReadersThanCpusAreAWarning) {
  auto facts = sound_facts();
  facts.ranks[0].reader_threads = 16;
  expect_only(facts, "processors", kWarning, 0, {"rank 0 on n1", "16 threads (data.threads)", "data.threads = 4"});
}

TEST(Diagnosis, EveryLimitThatMattersIsNamedOnceWithItsCommand) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.has_infiniband = true;
  for (auto& rank : facts.ranks) {
    rank.limits = {.open_files = 128,
                   .locked_bytes = 65536,
                   .core_bytes = std::nullopt,
                   .processor_seconds = 3600,
                   .file_bytes = 1000,
                   .address_bytes = 2000};
  }
  expect_only(
      facts, "limits", kWarning, 0,
      {"128 open files where 296", "ulimit -n", "LimitMEMLOCK", "ulimit -c 0", "3600 s", "ulimit -f", "ulimit -v"});
  const std::string found = find_finding(plan_diagnosis(facts), "limits").found;
  EXPECT_EQ(found.find("ulimit -t"), found.rfind("ulimit -t"));
}

}  // namespace
}  // namespace hpctrain::tools
