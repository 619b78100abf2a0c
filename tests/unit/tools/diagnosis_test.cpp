// Facts as clusters have them on bad days, and the verdict on each.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

NodeFacts sound_node(int number) {
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

RankFacts sound_rank(int number, int node, int local_rank) {
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
PreflightFacts sound_facts() {
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

Finding find(const std::vector<Finding>& findings, const std::string& check) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const auto& finding) { return finding.check == check; });
  if (found != findings.end()) return *found;
  ADD_FAILURE() << "nothing is said of " << check;
  return {};
}

/// The finding of one check is as told, and all others are good.
void expect_only(const PreflightFacts& facts, const std::string& check, FindingLevel level, int code,
                 const std::vector<std::string>& words) {
  const auto findings = plan_diagnosis(facts);
  for (const Finding& finding : findings) {
    if (finding.check == check) continue;
    EXPECT_EQ(finding.level, FindingLevel::good) << finding.check << ": " << finding.found;
  }
  const Finding finding = find(findings, check);
  EXPECT_EQ(finding.level, level) << finding.found;
  EXPECT_EQ(plan_exit_code(findings), code);
  for (const std::string& word : words) {
    EXPECT_NE((finding.found + "\n" + finding.cure).find(word), std::string::npos)
        << finding.found << "\n"
        << finding.cure << "\nlacks: " << word;
  }
}

constexpr auto kWarning = FindingLevel::warning;
constexpr auto kFailure = FindingLevel::failure;

TEST(Diagnosis, ASoundAllocationIsHealthyInEveryPoint) {
  const auto findings = plan_diagnosis(sound_facts());
  EXPECT_EQ(findings.size(), 17U);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.level, FindingLevel::good) << finding.check << ": " << finding.found;
    EXPECT_EQ(finding.cure, "");
  }
  EXPECT_EQ(plan_exit_code(findings), 0);
}

TEST(Diagnosis, WhatWasNotAskedIsNotSpokenOf) {
  PreflightFacts facts;
  facts.nodes.resize(1);
  facts.ranks.push_back(sound_rank(0, 0, 0));
  facts.ranks.front().gpus.clear();
  for (const Finding& finding : plan_diagnosis(facts)) {
    for (const char* unasked : {"data set", "reading", "data locks", "node cache", "run folder", "checkpoint rate",
                                "time left", "clocks", "sums in a node", "sums between nodes"}) {
      EXPECT_NE(finding.check, unasked);
    }
  }
}

TEST(Diagnosis, ProcessesThatMpiDoesNotJoinAreAWrongLaunch) {
  auto facts = sound_facts();
  facts.job.world = 1;
  facts.ranks.resize(1);
  facts.nodes.resize(1);
  const Finding finding = find(plan_diagnosis(facts), "launch");
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
  const Finding finding = find(plan_diagnosis(facts), "launch");
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

TEST(Diagnosis, ADriverOlderThanLibTorchsCudaIsRefused) {
  auto facts = sound_facts();
  facts.ranks[2].driver_cuda = 12040;
  expect_only(facts, "driver", kFailure, 71, {"n2", "serves CUDA 12.4", "built with CUDA 13.0", "HPCTRAIN_LIBTORCH"});
}

TEST(Diagnosis, AnOlderMinorVersionOfTheSameCudaServes) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) rank.built_cuda = 13020;
  expect_only(facts, "driver", FindingLevel::good, 0, {"13.0", "13.2"});
}

TEST(Diagnosis, FewerGpusThanRanksSaysWhatToAskFor) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) rank.gpus = {"0000:01"};
  expect_only(facts, "GPUs", kFailure, 71, {"n1: this node runs 2 ranks but only 1 GPU is visible"});
}

TEST(Diagnosis, FewerGrantedGpusThanRanksNamesBothLines) {
  auto facts = sound_facts();
  facts.nodes[1].granted_gpus = 1;
  expect_only(facts, "GPUs", kFailure, 71, {"1 GPU on n2 to 2 ranks", "--gpus-per-node=2", "--ntasks-per-node=1"});
}

TEST(Diagnosis, GrantedGpusThatARankDoesNotSeeAreAFailure) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) {
    rank.gpus.clear();
    rank.has_gpu_hardware = false;
  }
  facts.ranks[0].gpu_obstacle = "libcudnn.so.9: no such file";
  for (auto& node : facts.nodes) node.granted_gpus = 2;
  EXPECT_EQ(plan_exit_code(plan_diagnosis(facts)), 71);
  const Finding finding = find(plan_diagnosis(facts), "GPUs");
  EXPECT_NE(finding.found.find("granted 2 GPUs on n1, but rank 0 on n1 sees none (libcudnn"), std::string::npos)
      << finding.found;
}

TEST(Diagnosis, GrantedGpusThatNobodyWantsAreAWarning) {
  auto facts = sound_facts();
  facts.job.device_wish = device::DeviceWish::cpu;
  for (auto& node : facts.nodes) node.granted_gpus = 2;
  expect_only(facts, "GPUs", kWarning, 0, {"stand idle", "--gpus-per-node=0"});
}

TEST(Diagnosis, TwoRanksOnOneGpuAreNamed) {
  auto facts = sound_facts();
  // Each sees another GPU first, and the same one where the plan looks.
  facts.ranks[2].gpus = {"0000:01", "0000:07"};
  facts.ranks[3].gpus = {"0000:01", "0000:01"};
  expect_only(facts, "GPUs", kFailure, 71, {"ranks 2 and 3 on n2 would take the same GPU 0000:01", "--gpu-bind=none"});
}

TEST(Diagnosis, AGpuOnSomeRanksOnlyIsAFailure) {
  auto facts = sound_facts();
  for (int rank : {2, 3}) {
    facts.ranks[static_cast<std::size_t>(rank)].gpus.clear();
    facts.ranks[static_cast<std::size_t>(rank)].has_gpu_hardware = false;
  }
  expect_only(facts, "GPUs", kFailure, 71, {"rank 0 on n1 sees a GPU, rank 2 on n2 sees none"});
}

TEST(Diagnosis, AGpuThatThisBuildCannotUseIsAFailure) {
  auto facts = sound_facts();
  for (auto& rank : facts.ranks) {
    rank.gpus.clear();
    rank.can_compute_on_gpus = false;
  }
  expect_only(facts, "GPUs", kFailure, 71, {"built without CUDA", "--device cpu"});
}

TEST(Diagnosis, GpusThatAreWishedAndNotThereAreAFailure) {
  auto facts = sound_facts();
  facts.job.device_wish = device::DeviceWish::cuda;
  for (auto& rank : facts.ranks) {
    rank.gpus.clear();
    rank.has_gpu_hardware = false;
  }
  EXPECT_EQ(plan_exit_code(plan_diagnosis(facts)), 71);
}

TEST(Diagnosis, ADataSetThatCannotBeReadKeepsItsOwnCode) {
  auto facts = sound_facts();
  facts.job.data_error = "manifest.h5 is damaged; pack it again";
  expect_only(facts, "data set", kFailure, 65, {"manifest.h5 is damaged", "pack it again"});
}

TEST(Diagnosis, ANodeThatDoesNotSeeTheDataIsNamed) {
  auto facts = sound_facts();
  facts.nodes[1].data_obstacle = "/data/set/manifest.h5 cannot be read";
  expect_only(facts, "data set", kFailure, 65, {"n2: /data/set/manifest.h5 cannot be read", "--data"});
}

TEST(Diagnosis, SlowReadingIsAWarningWithTheTimeForTheWholeSet) {
  auto facts = sound_facts();
  facts.nodes[1].reading = Throughput{20'000'000, 2};
  expect_only(facts, "reading", kWarning, 0, {"on n2", "17 min", "cache.mode = replicate"});
}

TEST(Diagnosis, AFewBytesAreNotTimed) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.reading = Throughput{1000, 1};
  expect_only(facts, "reading", FindingLevel::good, 0, {"too little data"});
}

TEST(Diagnosis, DataThatCannotBeLockedAreAWarningWithWhatOtherToolsNeed) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.data_lock_obstacle = "manifest.h5 cannot be locked: No locks available";
  expect_only(facts, "data locks", kWarning, 0, {"n1, n2", "HDF5_USE_FILE_LOCKING=FALSE"});
}

TEST(Diagnosis, ACacheThatIsAskedForAndCannotBeIsAFailure) {
  auto facts = sound_facts();
  facts.job.wants_cache = true;
  facts.nodes[0].cache_obstacle = "/scratch cannot be written: Read-only file system";
  expect_only(facts, "node cache", kFailure, 74, {"n1: /scratch cannot be written", "cache.dir"});
}

TEST(Diagnosis, ACacheThatHoldsLessThanAskedIsAFailure) {
  auto facts = sound_facts();
  facts.job.wants_cache = true;
  facts.nodes[1].cache_plan = "replicate: 10 GiB of shards against 1 GiB of room";
  facts.nodes[1].has_less_cache_than_asked = true;
  expect_only(facts, "node cache", kFailure, 74, {"n2: replicate: 10 GiB of shards against 1 GiB"});
}

TEST(Diagnosis, ACacheThatNobodyAskedForIsAWarning) {
  auto facts = sound_facts();
  facts.nodes[1].is_cache_unwritable = true;
  expect_only(facts, "node cache", kWarning, 0, {"n2", "cache.mode = none"});
}

TEST(Diagnosis, ARunFolderThatOneNodeDoesNotSeeIsAFailure) {
  auto facts = sound_facts();
  facts.nodes[1].run_obstacle = "what rank 0 wrote to /tmp is not there";
  expect_only(facts, "run folder", kFailure, 74, {"n2: what rank 0 wrote to /tmp", "--out"});
}

TEST(Diagnosis, ARunFolderThatCannotBeWrittenIsAFailure) {
  auto facts = sound_facts();
  facts.job.run_error = "cannot create /scratch/runs: No space left on device; make room";
  expect_only(facts, "run folder", kFailure, 74, {"No space left", "make room"});
}

TEST(Diagnosis, SlowSavesAreAWarningWithTheTimeOfAGigabyte) {
  auto facts = sound_facts();
  facts.job.writing = Throughput{10'000'000, 1};
  expect_only(facts, "checkpoint rate", kWarning, 0, {"1 GB takes 1 min 40 s"});
}

TEST(Diagnosis, TooLittleTimeForAnyStepIsCode75) {
  auto facts = sound_facts();
  facts.job.seconds_left = 45;
  expect_only(facts, "time left", kFailure, 75, {"45", "--time"});
}

TEST(Diagnosis, AShortJobIsAWarning) {
  auto facts = sound_facts();
  facts.job.seconds_left = 300;
  expect_only(facts, "time left", kWarning, 0, {"5 min 00 s left"});
}

TEST(Diagnosis, AnEndThatNobodyTellsIsAWarningInsideAnAllocationOnly) {
  auto facts = sound_facts();
  facts.job.seconds_left.reset();
  expect_only(facts, "time left", kWarning, 0, {"run.job-end-unix"});
  facts.job.is_in_allocation = false;
  for (const Finding& finding : plan_diagnosis(facts)) EXPECT_NE(finding.check, "time left");
}

TEST(Diagnosis, TheClockThatMostNodesDoNotShareIsTheWrongOneBeItRankZeros) {
  auto facts = sound_facts();
  facts.nodes.push_back(sound_node(2));
  facts.ranks.push_back(sound_rank(4, 2, 0));
  facts.ranks.push_back(sound_rank(5, 2, 1));
  for (auto& node : facts.nodes) node.clock_ahead_seconds = node.node == 0 ? 0 : 40;
  expect_only(facts, "clocks", kWarning, 0, {"n1 is 40.0 s behind", "--exclude=n1"});
}

TEST(Diagnosis, TheSlowNetworkOfTwoIsAWarningWithItsShareOfTheLink) {
  auto facts = sound_facts();
  facts.job.sums_between->seconds = 0.16;  // 0.1 GB/s: what Ethernet gives where InfiniBand is
  expect_only(facts, "sums between nodes", kWarning, 0, {"0.8 % of ib0 (12.50 GB/s)", "NCCL_SOCKET_IFNAME"});
}

TEST(Diagnosis, SlowSumsAreAWarningWhereNoLinkIsKnownToo) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.link_bytes_per_second = 0;
  facts.job.sums_between->seconds = 1;
  expect_only(facts, "sums between nodes", kWarning, 0, {"0.02 GB/s"});
}

TEST(Diagnosis, SlowSumsInANodeAreAWarning) {
  auto facts = sound_facts();
  facts.job.sums_within->seconds = 1;
  expect_only(facts, "sums in a node", kWarning, 0, {"shared memory"});
}

TEST(Diagnosis, ASmallSharedMemoryIsAWarning) {
  auto facts = sound_facts();
  facts.nodes[0].shared_memory_bytes = 64 << 20;
  expect_only(facts, "shared memory", kWarning, 0, {"64.0 MiB", "n1", "--shm-size"});
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
  expect_only(facts, "limits", kWarning, 0,
              {"128 open files where 296", "ulimit -n", "LimitMEMLOCK", "ulimit -c 0", "3600 s", "ulimit -f",
               "ulimit -v"});
  const std::string found = find(plan_diagnosis(facts), "limits").found;
  EXPECT_EQ(found.find("ulimit -t"), found.rfind("ulimit -t"));
}

TEST(Diagnosis, TheFirstFailureGivesTheCode) {
  auto facts = sound_facts();
  facts.job.seconds_left = 1;
  facts.job.data_error = "manifest.h5 is damaged; pack it again";
  EXPECT_EQ(plan_exit_code(plan_diagnosis(facts)), 65);
}

TEST(DescribeDiagnosis, PutsTheCureBelowWhatWasFoundAndTheVerdictLast) {
  const std::vector<Finding> findings = {
      {"launch", FindingLevel::good, "4 ranks", "", {}},
      {"data set", FindingLevel::failure, "n2 does not see it", "--data FOLDER", Fault::data},
      {"clocks", FindingLevel::warning, "n1 is ahead", "chronyc", {}}};
  EXPECT_EQ(describe_diagnosis("doctor", findings),
            "doctor\n"
            "  good     launch    4 ranks\n"
            "  failure  data set  n2 does not see it\n"
            "                     → --data FOLDER\n"
            "  warning  clocks    n1 is ahead\n"
            "                     → chronyc\n"
            "not fit to train: 1 failure, 1 warning; exit code 65\n");
}

TEST(DiagnosisToJson, HoldsVerdictAndEveryFinding) {
  auto facts = sound_facts();
  facts.job.data_error = "damaged; pack it again";
  const auto json = nlohmann::json::parse(diagnosis_to_json(facts, plan_diagnosis(facts)));
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["code"], 65);
  EXPECT_EQ(json["ranks"], 4);
  EXPECT_EQ(json["nodes"], 2);
  int failures = 0;
  for (const auto& finding : json["findings"]) {
    if (finding["level"] != "failure") continue;
    ++failures;
    EXPECT_EQ(finding["code"], 65);
    EXPECT_EQ(finding["cure"], "pack it again");
  }
  EXPECT_EQ(failures, 1);
}

}  // namespace
}  // namespace hpctrain::tools
