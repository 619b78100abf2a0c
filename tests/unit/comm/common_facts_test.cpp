#include "comm/common_facts.hpp"

#include <gtest/gtest.h>

#include "comm/thread_communicator.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::comm {
namespace {

const std::vector<Fact> kFacts = {{"hpctrain", "1.0"}, {"optim.lr", "0.03"}, {"run.note", ""}};

std::vector<Fact> facts_with_lr(const std::string& lr) {
  auto facts = kFacts;
  facts[1].value = lr;
  return facts;
}

TEST(FindDifference, NamesTheFirstFactThatDiffersWithBothValues) {
  EXPECT_FALSE(find_difference(kFacts, kFacts));
  auto there = facts_with_lr("0.1");
  there[2].value = "later";
  const auto difference = find_difference(kFacts, there);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->name, "optim.lr");
  EXPECT_EQ(difference->here, "0.03");
  EXPECT_EQ(difference->there, "0.1");
}

TEST(FindDifference, NamesAFactThatOnlyOneSideKnows) {
  const std::vector<Fact> fewer = {kFacts[0], kFacts[2]};
  const auto mine = find_difference(kFacts, fewer), theirs = find_difference(fewer, kFacts);
  ASSERT_TRUE(mine && theirs);
  EXPECT_EQ(mine->name, "optim.lr");
  EXPECT_EQ(mine->there, "(unknown)");
  EXPECT_EQ(theirs->name, "optim.lr");
  EXPECT_EQ(theirs->here, "(unknown)");
}

TEST(CommonFacts, EqualFactsPassOnEveryRank) {
  run_ranks(3, [](Communicator& group) { EXPECT_NO_THROW(require_common_facts(group, kFacts, "never said")); });
}

TEST(CommonFacts, EveryRankNamesTheLowestRankThatDiffersAndTheCure) {
  run_ranks(4, [](Communicator& group) {
    const auto facts = group.rank() >= 2 ? facts_with_lr("0." + std::to_string(group.rank())) : kFacts;
    test::expect_error(Fault::comm, {"rank 2 on ", "optim.lr = 0.2 here", "0.03 on rank 0", "; start all alike"},
                       [&] { require_common_facts(group, facts, "start all alike"); });
  });
}

TEST(CommonFacts, TheErrorIsAgreedSoThatOneRankSpeaksAndAllLeaveInOrder) {
  run_ranks(2, [](Communicator& group) {
    try {
      require_common_facts(group, group.is_leader() ? kFacts : facts_with_lr("1"), "cure");
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_agreed());
    }
  });
}

}  // namespace
}  // namespace hpctrain::comm
