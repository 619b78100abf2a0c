// The moves of all ranks together, played with words instead of numbers: whatever the world, one tree.
#include "train/tree_sum_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "data/batch_plan.hpp"

namespace hpctrain::train {
namespace {

using Blocks = std::vector<std::string>;

std::string add(const std::string& left, const std::string& right) {
  return "(" + left + "+" + right + ")";
}

/// Round by round, as the tree is described: neighbours in pairs, the last one without a neighbour waits.
std::string expected_sum(std::uint64_t micro_shards) {
  Blocks row;
  for (std::uint64_t shard = 0; shard < micro_shards; ++shard) row.push_back(std::to_string(shard));
  while (row.size() > 1) {
    Blocks next;
    for (std::size_t i = 0; i < row.size(); i += 2) {
      next.push_back(i + 1 < row.size() ? add(row[i], row[i + 1]) : row[i]);
    }
    row = next;
  }
  return row.front();
}

void fold(Blocks& blocks) {
  ASSERT_GE(blocks.size(), 2U);
  const std::string last = blocks.back();
  blocks.pop_back();
  blocks.back() = add(blocks.back(), last);
}

/// One rank with its blocks and the exchanges that it still has to make.
struct Rank {
  Blocks blocks;
  std::deque<TreeExchange> exchanges;
  std::size_t most_blocks = 0;
  std::size_t sent = 0;
};

Rank make_rank(std::uint64_t micro_shards, int rank, int world) {
  const TreeSumPlan plan = plan_tree_sum(micro_shards, rank, world);
  Rank made;
  std::uint64_t shard = data::plan_own_micro_shards(micro_shards, rank, world).first;
  for (const std::size_t folds : plan.folds_after_shard) {
    made.blocks.push_back(std::to_string(shard++));
    for (std::size_t i = 0; i < folds; ++i) fold(made.blocks);
    made.most_blocks = std::max(made.most_blocks, made.blocks.size());
  }
  made.exchanges.assign(plan.exchanges.begin(), plan.exchanges.end());
  return made;
}

/// A message passes only when both sides are at it, as with the largest messages of MPI.
bool try_exchange(std::vector<Rank>& ranks, std::size_t at) {
  Rank& mine = ranks[at];
  if (mine.exchanges.empty()) return false;
  const TreeExchange next = mine.exchanges.front();
  if (next.move == TreeMove::send) return false;  // its receiver does both sides
  if (next.move == TreeMove::receive) {
    Rank& peer = ranks[static_cast<std::size_t>(next.peer)];
    const TreeExchange answer{TreeMove::send, static_cast<int>(at)};
    if (peer.exchanges.empty() || peer.exchanges.front() != answer) return false;
    mine.blocks.back() = add(mine.blocks.back(), peer.blocks.front());
    peer.blocks.erase(peer.blocks.begin());
    peer.exchanges.pop_front();
    ++peer.sent;
  } else {
    fold(mine.blocks);
  }
  mine.exchanges.pop_front();
  return true;
}

std::vector<Rank> play(std::uint64_t micro_shards, int world) {
  std::vector<Rank> ranks;
  for (int rank = 0; rank < world; ++rank) ranks.push_back(make_rank(micro_shards, rank, world));
  for (bool has_moved = true; has_moved;) {
    has_moved = false;
    for (std::size_t at = 0; at < ranks.size(); ++at) has_moved |= try_exchange(ranks, at);
  }
  return ranks;
}

TEST(TreeSumPlan, AddsAlongOneTreeOnAnyNumberOfRanks) {
  for (std::uint64_t micro_shards = 1; micro_shards <= 21; ++micro_shards) {
    for (int world = 1; world <= static_cast<int>(micro_shards); ++world) {
      const auto ranks = play(micro_shards, world);
      ASSERT_EQ(ranks.front().blocks, Blocks{expected_sum(micro_shards)}) << micro_shards << " on " << world;
      for (const auto& rank : ranks) {
        EXPECT_TRUE(rank.exchanges.empty()) << micro_shards << " on " << world << ": a rank waits forever";
        EXPECT_EQ(rank.blocks.size(), &rank == &ranks.front() ? 1U : 0U);
      }
    }
  }
}

TEST(TreeSumPlan, SendsAndHoldsFewBlocks) {
  for (const std::uint64_t micro_shards : {8U, 13U, 64U, 100U, 257U}) {
    const double most = std::max(1.0, 2 * std::ceil(std::log2(static_cast<double>(micro_shards))));
    for (const int world : {1, 2, 3, 5, 7, 8}) {
      for (const auto& rank : play(micro_shards, world)) {
        EXPECT_LE(static_cast<double>(rank.sent), most) << micro_shards << " on " << world;
        EXPECT_LE(static_cast<double>(rank.most_blocks), most) << micro_shards << " on " << world;
      }
    }
  }
}

TEST(TreeSumPlan, OneRankSendsNothing) {
  const auto plan = plan_tree_sum(8, 0, 1);
  EXPECT_TRUE(plan.exchanges.empty());
  EXPECT_EQ(plan.folds_after_shard, (std::vector<std::size_t>{0, 1, 0, 2, 0, 1, 0, 3}));
}

TEST(TreeSumPlan, ThreeRanksOfEightMicroShards) {
  // 0 1 2 | 3 4 5 | 6 7: rank 1's first shard belongs under rank 0's last, its other two under the root's right half.
  const TreeExchange to_first{TreeMove::send, 0};
  EXPECT_EQ(plan_tree_sum(8, 1, 3).folds_after_shard, (std::vector<std::size_t>{0, 0, 1}));
  EXPECT_EQ(plan_tree_sum(8, 1, 3).exchanges, (std::vector<TreeExchange>{to_first, {TreeMove::receive, 2}, to_first}));
}

}  // namespace
}  // namespace hpctrain::train
