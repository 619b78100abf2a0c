// Drivers and GPUs on bad days.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include "support/allocation_facts.hpp"

namespace hpctrain::tools {
namespace {

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
  const Finding finding = find_finding(plan_diagnosis(facts), "GPUs");
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

}  // namespace
}  // namespace hpctrain::tools
