#include "train/shard_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace hpctrain::train {
namespace {

using Sizes = std::vector<std::int64_t>;

/// Two convolutions and a linear layer that holds most of the weights, each with its bias.
const Sizes kSmallNetwork = {144, 16, 4608, 32, 15680, 10};

std::int64_t total_of(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

TEST(ShardPlan, EveryElementHasOneOwner) {
  for (int world = 1; world <= 9; ++world) {
    std::vector<std::vector<int>> owners;
    for (const auto count : kSmallNetwork) owners.emplace_back(count, 0);
    for (const auto& piece : plan_shards(kSmallNetwork, world).pieces) {
      EXPECT_GE(piece.owner, 0);
      EXPECT_LT(piece.owner, world);
      for (std::int64_t i = 0; i < piece.elements; ++i) owners[piece.parameter].at(piece.first + i) += 1;
    }
    for (const auto& counts : owners) EXPECT_EQ(std::count(counts.begin(), counts.end(), 1), std::ssize(counts));
  }
}

TEST(ShardPlan, NoRankKeepsMoreThanItsPartAndWhatAlignsIt) {
  for (int world = 1; world <= 9; ++world) {
    const auto plan = plan_shards(kSmallNetwork, world);
    const auto aligning = kShardAlignment * std::ssize(kSmallNetwork);
    for (int rank = 0; rank < world; ++rank) {
      EXPECT_LE(shard_size(plan, rank).elements, (total_of(kSmallNetwork) + aligning) / world + kShardAlignment);
    }
  }
}

TEST(ShardPlan, APieceLiesInItsOwnersBlock) {
  const auto plan = plan_shards(kSmallNetwork, 3);
  for (const auto& piece : plan.pieces) {
    const auto place = plan.offsets[piece.parameter] + piece.first;
    EXPECT_GE(place, piece.owner * plan.block_elements);
    EXPECT_LE(place + piece.elements, (piece.owner + 1) * plan.block_elements);
  }
}

TEST(ShardPlan, ParametersAndCutsAreAligned) {
  const auto plan = plan_shards(kSmallNetwork, 5);
  for (const auto offset : plan.offsets) EXPECT_EQ(offset % kShardAlignment, 0);
  for (const auto& piece : plan.pieces) EXPECT_EQ(piece.first % kShardAlignment, 0);
}

TEST(ShardPlan, OneParameterIsCutAmongAllRanks) {
  const Sizes sizes = {640};
  const auto plan = plan_shards(sizes, 5);
  ASSERT_EQ(plan.pieces.size(), 5U);
  for (int rank = 0; rank < 5; ++rank) EXPECT_EQ(shard_size(plan, rank).elements, 128);
}

TEST(ShardPlan, RanksThatNothingIsLeftForOwnNothing) {
  const Sizes sizes = {3, 5};
  const auto plan = plan_shards(sizes, 4);
  EXPECT_EQ(shard_size(plan, 0).elements, 3);
  EXPECT_EQ(shard_size(plan, 1).elements, 5);
  EXPECT_EQ(shard_size(plan, 2).elements, 0);
  EXPECT_EQ(shard_size(plan, 3).parameters, 0);
}

TEST(ShardPlan, OptimizerBytesAreThoseOfItsValues) {
  const ShardSize size{.elements = 100, .parameters = 3};
  EXPECT_EQ(plan_optimizer_bytes({}, false, size, 4), 400);
  EXPECT_EQ(plan_optimizer_bytes({.momentum = 0}, false, size, 4), 0);
  EXPECT_EQ(plan_optimizer_bytes({.kind = OptimizerKind::adamw}, false, size, 4), 812);
  EXPECT_EQ(plan_optimizer_bytes({.kind = OptimizerKind::lars}, true, size, 8), 1600);
}

}  // namespace
}  // namespace hpctrain::train
