// Rows in parts on several ranks are one matrix on all.
#include "train/rows_over_ranks.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <mutex>

#include "comm/thread_communicator.hpp"

namespace hpctrain::train {
namespace {

TEST(RowsOverRanks, ComeTogetherInTheirOrderOnEveryRank) {
  const auto rows = torch::arange(7 * 3, torch::kFloat32).view({7, 3}) / 3;
  int equal = 0;
  std::mutex mutex;
  comm::run_ranks(3, [&](comm::Communicator& group) {
    RowsOverRanks parts;
    // Rank 2 has none, rank 0 two pieces.
    if (group.rank() == 0) parts.add(0, rows.narrow(0, 0, 2));
    if (group.rank() == 0) parts.add(5, rows.narrow(0, 5, 2));
    if (group.rank() == 1) parts.add(2, rows.narrow(0, 2, 3));
    const auto whole = parts.gather(group);
    const std::lock_guard guard(mutex);
    equal += torch::equal(whole, rows) ? 1 : 0;
  });
  EXPECT_EQ(equal, 3);
}

TEST(RowsOverRanks, KeepWholeNumbersThatFloatsCannotHold) {
  const auto labels = torch::tensor({-1, (1 << 30) + 1, 3}, torch::kInt64);
  comm::run_ranks(1, [&](comm::Communicator& group) {
    RowsOverRanks parts;
    parts.add(0, labels);
    EXPECT_TRUE(torch::equal(parts.gather(group).flatten(), labels));
  });
}

TEST(RowsOverRanks, AreCopiedWhenTheyAreAdded) {
  auto rows = torch::ones({2, 2});
  comm::run_ranks(1, [&](comm::Communicator& group) {
    RowsOverRanks parts;
    parts.add(0, rows);
    rows.zero_();
    EXPECT_TRUE(torch::equal(parts.gather(group), torch::ones({2, 2})));
  });
}

}  // namespace
}  // namespace hpctrain::train
