// Time, clocks, networks and shared memory on bad days.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include "support/allocation_facts.hpp"

namespace hpctrain::tools {
namespace {

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
  expect_only(facts, "shared memory", kWarning, 0, {"64.0 MiB", "n1", "Open MPI and NCCL", "--shm-size"});
}

}  // namespace
}  // namespace hpctrain::tools
