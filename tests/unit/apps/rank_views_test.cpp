#include "apps/rank_views.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hpctrain::apps
