// Slices are checked as sets; the kernel is asked for the masks.
#include "comm/affinity.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <numeric>
#include <set>
#include <thread>

namespace hpctrain::comm {

namespace {

std::vector<int> numbers_below(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(PlanCpuSlice, SlicesAreDisjointAndCoverAllCpus) {
  for (int cpus = 1; cpus <= 17; ++cpus) {
    for (int ranks = 1; ranks <= cpus; ++ranks) {
      std::vector<int> joined;
      for (int rank = 0; rank < ranks; ++rank) {
        const auto slice = plan_cpu_slice(numbers_below(cpus), rank, ranks);
        EXPECT_FALSE(slice.empty());
        joined.insert(joined.end(), slice.begin(), slice.end());
      }
      EXPECT_EQ(joined, numbers_below(cpus));
    }
  }
}

TEST(PlanCpuSlice, FewerCpusThanRanksAreSharedByAll) {
  for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(plan_cpu_slice({4, 9}, rank, 3), (std::vector<int>{4, 9}));
  // A launcher that does not say how many ranks a node has.
  EXPECT_EQ(plan_cpu_slice({4, 9}, 2, 1), (std::vector<int>{4, 9}));
}

TEST(PlanCpuOrder, HardwareThreadsOfACoreBecomeNeighbours) {
  const std::vector<Cpu> cpus = {{0, 0, 0}, {1, 0, 1}, {2, 1, 0}, {3, 1, 1},
                                 {4, 0, 0}, {5, 0, 1}, {6, 1, 0}, {7, 1, 1}};
  EXPECT_EQ(plan_cpu_order(cpus), (std::vector<int>{0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST(IsBindingWanted, MpirunsSilentDefaultIsNot) {
  EXPECT_FALSE(is_binding_wanted({{"OMPI_COMM_WORLD_RANK", "0"}}, 1));
}

TEST(IsBindingWanted, OptionsOfMpirunAre) {
  EXPECT_TRUE(is_binding_wanted({{"OMPI_MCA_hwloc_base_binding_policy", "core"}}, 1));
  EXPECT_FALSE(is_binding_wanted({{"OMPI_MCA_hwloc_base_binding_policy", "none"}}, 2));
  EXPECT_FALSE(is_binding_wanted({{"OMP_PROC_BIND", "false"}}, 2));
  EXPECT_TRUE(is_binding_wanted({{"OMPI_MCA_rmaps_base_mapping_policy", "slot:PE=4"}}, 4));
  EXPECT_FALSE(is_binding_wanted({{"OMPI_MCA_rmaps_base_mapping_policy", "ppr:2:node"}}, 1));
}

TEST(IsBindingWanted, MasksOfSlurmAreWhenTheyHoldMoreThanOneCpu) {
  EXPECT_TRUE(is_binding_wanted({{"SLURM_CPU_BIND_TYPE", "mask_cpu:"}}, 4));
  EXPECT_FALSE(is_binding_wanted({{"SLURM_CPU_BIND_TYPE", "mask_cpu:"}}, 1));
  EXPECT_FALSE(is_binding_wanted({{"SLURM_CPU_BIND_TYPE", "none"}}, 4));
  EXPECT_TRUE(is_binding_wanted({{"SLURM_CPUS_PER_TASK", "4"}}, 4));
}

TEST(CpuShare, IsWhatWasGrantedWhereEveryRankHasCpusOfItsOwn) {
  EXPECT_EQ(plan_cpu_share(4, 16, 4, {}), 4u);
  EXPECT_EQ(plan_cpu_share(1, 2, 2, {}), 1u);
}

TEST(CpuShare, IsOneWhereRanksOutnumberTheCpus) {
  EXPECT_EQ(plan_cpu_share(2, 2, 8, {}), 1u);
}

TEST(CpuShare, IsNoMoreThanSlurmPromisedEachTask) {
  EXPECT_EQ(plan_cpu_share(64, 64, 1, {{"SLURM_CPUS_PER_TASK", "4"}}), 4u);
  EXPECT_EQ(plan_cpu_share(2, 2, 1, {{"SLURM_CPUS_PER_TASK", "4"}}), 2u);
  EXPECT_EQ(plan_cpu_share(8, 8, 1, {{"SLURM_CPUS_PER_TASK", "none"}}), 8u);
}

// Each in a thread of its own: the mask of the test program stays as it is.
TEST(WidenAffinity, FreesAThreadBoundToOneCpu) {
  std::thread([] {
    const std::vector<int> before = read_affinity();
    ASSERT_FALSE(before.empty());
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(before.front(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    const std::vector<int> granted = widen_affinity(0, 1, {}).cpus;
    EXPECT_GE(granted.size(), before.size());
    EXPECT_EQ(granted, read_affinity());
  }).join();
}

TEST(WidenAffinity, LeavesABindingThatWasAskedFor) {
  std::thread([] {
    const std::vector<int> before = read_affinity();
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(before.front(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(widen_affinity(0, 1, {{"OMP_PROC_BIND", "close"}}).cpus, (std::vector<int>{before.front()}));
  }).join();
}

}  // namespace

}  // namespace hpctrain::comm
