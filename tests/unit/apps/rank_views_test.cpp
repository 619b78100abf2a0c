#include "apps/rank_views.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "comm/thread_communicator.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::vector<RankView> views_of(int nodes, int ranks_per_node) {
  std::vector<RankView> views;
  for (int rank = 0; rank < nodes * ranks_per_node; ++rank) {
    const int node = rank / ranks_per_node;
    views.push_back({node, "n" + std::to_string(node + 1), 4, "cpu, 4 threads per rank", "/local/job-7", 5 * kGiB});
  }
  return views;
}

TEST(RankViews, CountsRanksAndNodes) {
  EXPECT_EQ(describe_ranks(views_of(2, 2)), "4 on 2 nodes (n1 n2), 4 CPUs each");
  EXPECT_EQ(describe_ranks(views_of(1, 1)), "1 on 1 node (n1), 4 CPUs each");
}

TEST(RankViews, ShowsUnevenCpusAsARange) {
  auto views = views_of(2, 1);
  views[1].cpus = 2;
  EXPECT_EQ(describe_ranks(views), "2 on 2 nodes (n1 n2), 2 to 4 CPUs each");
}

TEST(RankViews, CutsALongListOfNodes) {
  EXPECT_EQ(describe_ranks(views_of(9, 1)), "9 on 9 nodes (n1 n2 n3 n4 n5 n6 n7 n8 …), 4 CPUs each");
}

TEST(RankViews, CountsEveryKindOfDevice) {
  auto views = views_of(1, 3);
  views[2].device = "A100";
  EXPECT_EQ(describe_devices(views), "1 × A100; 2 × cpu, 4 threads per rank");
}

TEST(RankViews, TellsTheLeastFreeScratch) {
  auto views = views_of(2, 1);
  views[1].scratch_free_bytes = 3 * kGiB;
  EXPECT_EQ(describe_scratch(views), "/local/job-7, at least 3.0 GiB free on every node");
}

TEST(RankViews, SaysWhenANodeHasNoScratch) {
  auto views = views_of(1, 1);
  views[0].scratch.clear();
  EXPECT_NE(describe_scratch(views).find("none found"), std::string::npos);
}

Placement on_one_node(const comm::Communicator& world) {
  Placement placement;
  placement.rank = placement.local_rank = world.rank();
  placement.world = placement.local_world = world.size();
  return placement;
}

TEST(RankViews, AGpuThatOneRankCannotUseForWantOfCudaIsRefusedByAllWithTheCure) {
  std::atomic<int> refusals{0};
  comm::run_ranks(3, [&](comm::Communicator& world) {
    const bool is_last = world.rank() == 2;
    const device::GpuSurvey survey{.has_hardware = is_last, .can_compute_on_gpus = false};
    test::expect_error(Fault::device, {"NVIDIA GPU", "without CUDA", "--device cpu"},
                       [&] { choose_gpu(world, on_one_node(world), device::DeviceWish::automatic, survey); });
    ++refusals;
  });
  EXPECT_EQ(refusals, 3);
}

TEST(RankViews, ComputesOnCpusWhereTheyAreWishedWhateverGpuStandsIdle) {
  comm::run_ranks(2, [&](comm::Communicator& world) {
    const device::GpuSurvey survey{.has_hardware = true, .can_compute_on_gpus = false};
    EXPECT_EQ(choose_gpu(world, on_one_node(world), device::DeviceWish::cpu, survey), std::nullopt);
  });
}

TEST(RankViews, TooFewGpusForTheRanksOfANodeAreRefusedByAll) {
  std::atomic<int> refusals{0};
  comm::run_ranks(2, [&](comm::Communicator& world) {
    const device::GpuSurvey survey{.visible = 1, .first = "0000:01"};
    test::expect_error(Fault::device, {"2 ranks", "1 GPU is", "--device cpu"},
                       [&] { choose_gpu(world, on_one_node(world), device::DeviceWish::automatic, survey); });
    ++refusals;
  });
  EXPECT_EQ(refusals, 2);
}

}  // namespace
}  // namespace hpctrain::apps
