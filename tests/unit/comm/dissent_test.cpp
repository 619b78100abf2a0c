#include "comm/dissent.hpp"

#include <gtest/gtest.h>

#include "comm/thread_communicator.hpp"

namespace hpctrain::comm {
namespace {

TEST(FindDissenters, AreThoseOutsideTheMajority) {
  EXPECT_TRUE(find_dissenters({7, 7, 7}).empty());
  EXPECT_EQ(find_dissenters({7, 5, 7}), std::vector<int>{1});
  EXPECT_EQ(find_dissenters({4, 7, 7, 5, 7}), (std::vector<int>{0, 3}));
}

TEST(FindDissenters, AreAllWhereNoMajorityIs) {
  EXPECT_EQ(find_dissenters({7, 5}), (std::vector<int>{0, 1}));
  EXPECT_EQ(find_dissenters({7, 7, 5, 5}), (std::vector<int>{0, 1, 2, 3}));
}

TEST(FindDissent, FindsNoneWhereAllAgreeWhateverTheNumber) {
  run_ranks(3, [](Communicator& group) {
    for (const std::uint64_t number : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{42}}) {
      EXPECT_FALSE(find_dissent(group, number));
    }
  });
}

TEST(FindDissent, NamesTheSameRankEverywhere) {
  run_ranks(4, [](Communicator& group) {
    const auto dissent = find_dissent(group, group.rank() == 2 ? 1 : 0);
    ASSERT_TRUE(dissent);
    EXPECT_EQ(dissent->ranks, std::vector<int>{2});
    EXPECT_EQ(dissent->majority, 3U);
  });
}

TEST(Dissent, DescribesAMinority) {
  const Dissent dissent{{1, 4}, {"n1", "n3"}, 3};
  EXPECT_EQ(dissent.describe("parameters"), "rank 1 on n1, rank 4 on n3: other parameters than the 3 ranks that agree");
}

TEST(Dissent, SaysWhereNoMajorityIsAndCutsALongList) {
  Dissent dissent;
  for (int rank = 0; rank < 10; ++rank) {
    dissent.ranks.push_back(rank);
    dissent.hosts.emplace_back("n");
  }
  const std::string text = dissent.describe("sums");
  EXPECT_TRUE(text.ends_with("rank 7 on n and 2 more: different sums, and no majority")) << text;
}

}  // namespace
}  // namespace hpctrain::comm
