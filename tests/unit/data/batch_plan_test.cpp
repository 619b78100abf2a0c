// Batches, shares and micro-batches against counting by hand.
#include "data/batch_plan.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;

/// How often each position of epoch 0 is visited by all ranks together.
std::vector<int> visits(std::uint64_t n, std::uint64_t batch, Tail tail, int world, std::uint64_t micro_batch) {
  std::vector<int> counts(n, 0);
  for (Cursor cursor; cursor.epoch == 0;) {
    const GlobalBatch global = plan_global_batch(n, batch, tail, cursor);
    const std::uint64_t steps = plan_micro_steps(global.count, world, micro_batch);
    for (int rank = 0; rank < world; ++rank) {
      const Share share = plan_share(global.count, rank, world);
      for (std::uint64_t m = 0; m < steps; ++m) {
        const Share micro = plan_micro_share(share, m, micro_batch);
        EXPECT_LE(micro.count, micro_batch);
        for (std::uint64_t i = 0; i < micro.count; ++i) ++counts.at(global.first_position + micro.first + i);
      }
    }
    cursor = global.next;
  }
  return counts;
}

TEST(BatchPlan, EverySampleOfAnEpochGoesToExactlyOneRank) {
  for (std::uint64_t n = 1; n <= 14; ++n) {
    for (std::uint64_t batch = 1; batch <= 9; ++batch) {
      for (int world = 1; world <= 8; ++world) {
        for (std::uint64_t micro = 1; micro <= 4; ++micro) {
          EXPECT_EQ(visits(n, batch, Tail::short_batch, world, micro), std::vector<int>(n, 1));
          if (batch > n) continue;
          std::vector<int> expected(n, 0);
          for (std::uint64_t i = 0; i < n / batch * batch; ++i) expected[i] = 1;
          EXPECT_EQ(visits(n, batch, Tail::drop, world, micro), expected);
        }
      }
    }
  }
}

TEST(BatchPlan, SampleIGoesToRankFloorOfIWorldOverBatch) {
  for (std::uint64_t batch = 1; batch <= 40; ++batch) {
    for (int world = 1; world <= 8; ++world) {
      for (int rank = 0; rank < world; ++rank) {
        std::uint64_t first = batch, count = 0;
        for (std::uint64_t i = batch; i-- > 0;) {
          if (i * static_cast<std::uint64_t>(world) / batch == static_cast<std::uint64_t>(rank)) first = i, ++count;
        }
        const Share share = plan_share(batch, rank, world);
        EXPECT_EQ(share.count, count);
        EXPECT_TRUE(count == 0 || share.first == first);
      }
    }
  }
}

TEST(BatchPlan, SharesDifferByAtMostOneSample) {
  for (std::uint64_t batch = 8; batch <= 40; ++batch) {
    for (int rank = 0; rank < 8; ++rank) {
      const std::uint64_t count = plan_share(batch, rank, 8).count;
      EXPECT_GE(count, batch / 8);
      EXPECT_LE(count, batch / 8 + 1);
    }
  }
}

TEST(BatchPlan, CountsTheStepsThatWalkingTheEpochTakes) {
  for (std::uint64_t n = 1; n <= 20; ++n) {
    for (std::uint64_t batch = 1; batch <= n; ++batch) {
      for (const Tail tail : {Tail::short_batch, Tail::drop}) {
        std::uint64_t steps = 0;
        bool has_ended = false;
        for (Cursor cursor; cursor.epoch == 0; ++steps) {
          const GlobalBatch global = plan_global_batch(n, batch, tail, cursor);
          cursor = global.next;
          has_ended = global.ends_epoch;
          EXPECT_EQ(has_ended, cursor.epoch == 1);
        }
        EXPECT_TRUE(has_ended);
        EXPECT_EQ(steps_per_epoch(n, batch, tail), steps);
      }
    }
  }
}

TEST(BatchPlan, ACursorInADroppedTailMovesToTheNextEpoch) {
  const GlobalBatch global = plan_global_batch(10, 4, Tail::drop, {3, 8});
  EXPECT_EQ(global.epoch, 4u);
  EXPECT_EQ(global.first_position, 0u);
  EXPECT_EQ(global.count, 4u);
  EXPECT_EQ(plan_global_batch(10, 4, Tail::short_batch, {3, 8}).count, 2u);
  EXPECT_EQ(plan_global_batch(10, 4, Tail::short_batch, {3, 10}).epoch, 4u);
}

TEST(BatchPlan, ABatchLargerThanTheEpochIsAUsageErrorOnlyWhenTailsAreDropped) {
  EXPECT_EQ(steps_per_epoch(5, 8, Tail::short_batch), 1u);
  expect_error(Fault::usage, {"train.batch = 8", "5 samples", "data.tail = short"},
               [] { steps_per_epoch(5, 8, Tail::drop); });
  expect_error(Fault::usage, {"train.batch"}, [] { steps_per_epoch(5, 0, Tail::short_batch); });
}

}  // namespace
}  // namespace hpctrain::data
