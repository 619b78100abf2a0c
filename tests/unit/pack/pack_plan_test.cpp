// Which record goes where: every record once, splits apart, sizes as promised.
#include "pack/pack_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::pack {
namespace {

const std::vector<SourceSplit> kSplits{{"train", 100}, {"test", 40}};

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> records) {
  std::sort(records.begin(), records.end());
  return records;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> records(count);
  std::iota(records.begin(), records.end(), first);
  return records;
}

TEST(PackPlan, KeepsEveryRecordInItsSplitExactlyOnce) {
  const PackPlan plan = plan_pack(kSplits, 10, {});
  ASSERT_EQ(plan.splits.size(), 2u);
  EXPECT_EQ(sorted(plan.splits[0].records), range(0, 100));
  EXPECT_EQ(sorted(plan.splits[1].records), range(100, 40));
}

TEST(PackPlan, ShufflesBySeedAndNotAtAllOnRequest) {
  PlanSettings settings;
  const auto first = plan_pack(kSplits, 10, settings).splits[0].records;
  EXPECT_NE(first, range(0, 100));
  EXPECT_EQ(plan_pack(kSplits, 10, settings).splits[0].records, first);
  settings.seed = 1;
  EXPECT_NE(plan_pack(kSplits, 10, settings).splits[0].records, first);
  settings.shuffle = false;
  EXPECT_EQ(plan_pack(kSplits, 10, settings).splits[0].records, range(0, 100));
}

TEST(PackPlan, CarvesValidationOutOfTrainingAndTheSameWithAndWithoutShuffle) {
  PlanSettings settings;
  settings.validation_samples = 25;
  const PackPlan shuffled = plan_pack(kSplits, 10, settings);
  settings.shuffle = false;
  const PackPlan plain = plan_pack(kSplits, 10, settings);
  ASSERT_EQ(plain.splits.size(), 3u);
  EXPECT_EQ(plain.splits[1].name, "validation");
  EXPECT_EQ(plain.splits[1].records.size(), 25u);
  EXPECT_EQ(sorted(shuffled.splits[1].records), plain.splits[1].records);
  EXPECT_NE(plain.splits[1].records, range(75, 25));
  std::vector<std::uint64_t> both = plain.splits[0].records;
  both.insert(both.end(), plain.splits[1].records.begin(), plain.splits[1].records.end());
  EXPECT_EQ(sorted(both), range(0, 100));
}

TEST(PackPlan, ShardsOfASplitDifferByAtMostOneSampleAndStayBelowTheTarget) {
  PlanSettings settings;
  settings.shard_target_bytes = 300;
  const PackPlan plan = plan_pack(kSplits, 10, settings);
  std::vector<std::uint64_t> next(2, 0);
  for (const PlannedShard& shard : plan.shards) {
    EXPECT_EQ(shard.first, next[shard.split]);
    next[shard.split] += shard.count;
    EXPECT_LE(shard.count, 30u);
    EXPECT_GE(shard.count, shard.split == 0 ? 25u : 20u);
  }
  EXPECT_EQ(next, (std::vector<std::uint64_t>{100, 40}));
}

TEST(PackPlan, AimsAtASixtyFourthOfTheDataWithinItsLimits) {
  const auto shards = [](std::uint64_t samples, std::uint64_t bytes) {
    return plan_pack(std::vector<SourceSplit>{{"train", samples}}, bytes, {}).shards.size();
  };
  EXPECT_EQ(shards(1000, 1000), 1u);            // 1 MB: one shard, 8 MiB would hold it
  EXPECT_EQ(shards(8192, 1u << 20), 64u);       // 8 GiB: 128 MiB each
  EXPECT_EQ(shards(1u << 17, 1u << 20), 256u);  // 128 GiB: 512 MiB each
  EXPECT_EQ(shards(3, 1u << 30), 3u);           // a record larger than the target still gets a shard
}

TEST(PackPlan, RefusesAValidationSplitThatTakesEverything) {
  PlanSettings settings;
  settings.validation_samples = 100;
  data::test::expect_error(Fault::usage, {"--validation 100", "100 training samples"},
                           [&] { plan_pack(kSplits, 10, settings); });
  data::test::expect_error(Fault::data, {"no records"}, [&] {
    plan_pack(std::vector<SourceSplit>{{"train", 0}}, 10, {});
  });
}

TEST(PackPlan, RefusesASecondValidationSplit) {
  PlanSettings settings;
  settings.validation_samples = 5;
  const std::vector<SourceSplit> splits{{"train", 10}, {"validation", 4}};
  data::test::expect_error(Fault::usage, {"--validation 5", "4 validation samples of its own"},
                           [&] { plan_pack(splits, 10, settings); });
  settings.validation_samples = 0;
  EXPECT_EQ(plan_pack(splits, 10, settings).splits[1].records.size(), 4u);
}

TEST(PackPlan, RefusesToTakeValidationSamplesOutOfNothing) {
  PlanSettings settings;
  settings.validation_samples = 5;
  for (const auto& splits : {std::vector<SourceSplit>{{"test", 40}}, {{"train", 0}, {"test", 40}}}) {
    data::test::expect_error(Fault::usage, {"--validation 5", "no training samples"},
                             [&] { plan_pack(splits, 10, settings); });
  }
  settings.validation_samples = 0;
  EXPECT_EQ(plan_pack(std::vector<SourceSplit>{{"test", 40}}, 10, settings).splits.size(), 1u);
}

}  // namespace
}  // namespace hpctrain::pack
