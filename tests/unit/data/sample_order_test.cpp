// The order of an epoch: a permutation, and a different one for every seed and epoch.
#include "data/sample_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::data {
namespace {

std::vector<std::uint64_t> epoch_rows(const SampleOrder& order, std::uint64_t epoch) {
  std::vector<std::uint64_t> rows;
  for (std::uint64_t i = 0; i < order.num_samples(); ++i) rows.push_back(order.row_at(epoch, i));
  return rows;
}

std::vector<std::uint64_t> counted(std::uint64_t n) {
  std::vector<std::uint64_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TEST(SampleOrder, VisitsEveryRowOncePerEpoch) {
  for (const std::uint64_t n : {1u, 2u, 3u, 17u, 64u, 103u, 1000u}) {
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      std::vector<std::uint64_t> rows = epoch_rows(SampleOrder::full(n, 7), epoch);
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, counted(n));
    }
  }
}

TEST(SampleOrder, DependsOnSeedAndEpochAndOnNothingElse) {
  const SampleOrder order = SampleOrder::full(1000, 7);
  EXPECT_EQ(epoch_rows(order, 2), epoch_rows(SampleOrder::full(1000, 7), 2));
  EXPECT_NE(epoch_rows(order, 2), epoch_rows(order, 3));
  EXPECT_NE(epoch_rows(order, 2), epoch_rows(SampleOrder::full(1000, 8), 2));
}

TEST(SampleOrder, LeavesFewRowsInTheirPlace) {
  const std::vector<std::uint64_t> rows = epoch_rows(SampleOrder::full(10000, 1), 0);
  int in_place = 0;
  for (std::uint64_t i = 0; i < rows.size(); ++i) in_place += rows[i] == i ? 1 : 0;
  EXPECT_LT(in_place, 12);  // one is expected; more than 11 has a chance of one in a hundred million
}

TEST(SampleOrder, KeepsThePackedOrderWhenNotShuffled) {
  EXPECT_EQ(epoch_rows(SampleOrder::packed(50), 4), counted(50));
}

TEST(SampleOrder, VisitsEveryRowOncePerEpochInWindows) {
  const std::vector<std::vector<std::uint64_t>> splits{{1}, {5}, {40, 41, 22}, {7, 7, 7, 7, 7, 3}};
  for (const auto& rows_of_shards : splits) {
    for (const WindowedOrder shape : {WindowedOrder{1, 1}, WindowedOrder{3, 2}, WindowedOrder{}}) {
      const SampleOrder order = SampleOrder::windowed(rows_of_shards, 7, shape);
      std::vector<std::uint64_t> rows = epoch_rows(order, 1);
      if (rows.size() > 100) {
        EXPECT_NE(epoch_rows(order, 2), rows);
      }
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, counted(rows.size()));
    }
  }
}

TEST(SampleOrder, StaysInsideAFewShardsWhileAWindowLasts) {
  const SampleOrder order = SampleOrder::windowed(std::vector<std::uint64_t>(32, 100), 7, {2, 4});
  const EpochOrder epoch = order.in_epoch(3);
  for (std::uint64_t stream = 0; stream < 2; ++stream) {
    for (std::uint64_t window = 0; window < 4; ++window) {
      std::set<std::uint64_t> shards;
      for (std::uint64_t i = 0; i < 400; ++i) shards.insert(epoch.row_at((window * 400 + i) * 2 + stream) / 100);
      EXPECT_EQ(shards.size(), 4u);
    }
  }
}

TEST(SampleOrder, IsFullUpTo64GiBAndWindowedBeyond) {
  DatasetIndex index;
  index.shards.resize(2);
  index.splits = {{"train", 0, 2, 10}};
  index.shards[0].file_bytes = 63ull << 30;
  index.shards[1].file_bytes = 1ull << 30;
  EXPECT_EQ(plan_order(Order::automatic, index, index.splits[0]), Order::full);
  ++index.shards[1].file_bytes;
  EXPECT_EQ(plan_order(Order::automatic, index, index.splits[0]), Order::windowed);
  EXPECT_EQ(plan_order(Order::full, index, index.splits[0]), Order::full);
}

TEST(SampleOrder, RefusesAPositionPastTheEnd) {
  EXPECT_THROW(SampleOrder::full(5, 0).row_at(0, 5), Error);
}

}  // namespace
}  // namespace hpctrain::data
