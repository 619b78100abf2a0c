// Modes and words against cases worked out by hand.
#include "data/cache_plan.hpp"

#include <gmock/gmock.h>

namespace hpctrain::data {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kGib = 1ull << 30;

CacheFacts facts(std::uint64_t used_gib, std::uint64_t free_gib) {
  CacheFacts facts;
  facts.source_kind = "lustre";
  facts.used_bytes = used_gib * kGib;
  facts.folder = "/scratch";
  facts.free_bytes = free_gib * kGib;
  return facts;
}

CacheFacts windowed(std::uint64_t used_gib, std::uint64_t window_gib, std::uint64_t free_gib) {
  CacheFacts found = facts(used_gib, free_gib);
  found.is_windowed = true;
  found.window_bytes = window_gib * kGib;
  return found;
}

TEST(CachePlan, LeavesDataOnALocalDiskWhereTheyAre) {
  CacheFacts local = facts(10, 100);
  local.is_source_local = true;
  local.source_kind = "ext4";
  const CachePlan plan = plan_cache({}, local);
  EXPECT_EQ(plan.mode, CacheMode::none);
  EXPECT_THAT(plan.reason, HasSubstr("ext4"));
}

TEST(CachePlan, CopiesNothingToAFolderThatNodesShareUnlessItIsNamed) {
  CacheFacts shared = facts(10, 100);
  shared.shared_kind = "nfs";
  const CachePlan plan = plan_cache({}, shared);
  EXPECT_EQ(plan.mode, CacheMode::none);
  EXPECT_THAT(plan.reason, HasSubstr("/scratch lies on nfs"));
  EXPECT_EQ(plan_cache({.mode = CacheMode::replicate, .folder = {}, .limit_gib = {}}, shared).mode,
            CacheMode::replicate);
}

TEST(CachePlan, CopiesEverythingThatFitsAndSaysWhy) {
  const CachePlan plan = plan_cache({}, facts(10, 100));
  EXPECT_EQ(plan.mode, CacheMode::replicate);
  EXPECT_EQ(plan.limit_bytes, 95 * kGib);
  EXPECT_THAT(plan.reason, HasSubstr("10.0 GiB of shards against 95.0 GiB of room in /scratch (100.0 GiB free)"));
  EXPECT_FALSE(plan.is_less_than_asked);
}

TEST(CachePlan, KeepsToTheLimitOfTheUser) {
  const CachePlan plan = plan_cache({.mode = CacheMode::replicate, .folder = {}, .limit_gib = 4}, facts(10, 100));
  EXPECT_EQ(plan.limit_bytes, 4 * kGib);
  EXPECT_THAT(plan.reason, HasSubstr("cache.limit-gib 4"));
  EXPECT_TRUE(plan.is_less_than_asked);
}

TEST(CachePlan, StreamsWindowedOrdersThatDoNotFit) {
  const CachePlan plan = plan_cache({}, windowed(200, 20, 100));
  EXPECT_EQ(plan.mode, CacheMode::stream);
  EXPECT_THAT(plan.reason, HasSubstr("20.0 GiB in use at one time"));
}

TEST(CachePlan, SaysThatAFullOrderCannotBeStreamed) {
  const CachePlan plan = plan_cache({.mode = CacheMode::stream, .folder = {}, .limit_gib = {}}, facts(200, 100));
  EXPECT_EQ(plan.mode, CacheMode::replicate);
  EXPECT_TRUE(plan.is_less_than_asked);
  EXPECT_THAT(plan.reason, HasSubstr("data.order full"));
  EXPECT_THAT(plan.reason, HasSubstr("set data.order windowed"));
}

TEST(CachePlan, SaysThatAWindowDoesNotFit) {
  const CachePlan plan =
      plan_cache({.mode = CacheMode::stream, .folder = {}, .limit_gib = {}}, windowed(200, 120, 100));
  EXPECT_EQ(plan.mode, CacheMode::replicate);
  EXPECT_TRUE(plan.is_less_than_asked);
  EXPECT_THAT(plan.reason, HasSubstr("120.0 GiB are in use at one time and do not fit"));
}

TEST(CachePlan, ReadsTheSourceWhereNothingCanBeWritten) {
  CacheFacts nowhere = facts(10, 0);
  nowhere.free_bytes.reset();
  const CachePlan plan = plan_cache({.mode = CacheMode::replicate, .folder = {}, .limit_gib = {}}, nowhere);
  EXPECT_EQ(plan.mode, CacheMode::none);
  EXPECT_TRUE(plan.is_less_than_asked);
  EXPECT_THAT(plan.reason, HasSubstr("cache.dir"));
}

}  // namespace
}  // namespace hpctrain::data
