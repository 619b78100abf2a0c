#include "train/bucket_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace hpctrain::train {
namespace {

std::vector<ParameterExtent> parameters(std::initializer_list<std::int64_t> sizes) {
  std::vector<ParameterExtent> extents;
  for (const std::int64_t size : sizes) extents.push_back({"p" + std::to_string(extents.size()), size});
  return extents;
}

TEST(BucketPlan, PlacesEveryElementOnceWithoutOverlap) {
  const auto extents = parameters({7, 3, 12, 1, 5, 5});
  const auto plan = plan_buckets(extents, {.first_elements = 6, .elements = 12});
  std::set<std::size_t> seen;
  for (const auto& bucket : plan.buckets) {
    std::int64_t next = 0;
    for (const auto& entry : bucket.entries) {
      EXPECT_EQ(entry.offset, next);
      next += extents[entry.parameter].elements;
      EXPECT_TRUE(seen.insert(entry.parameter).second);
    }
    EXPECT_EQ(bucket.elements, next);
  }
  EXPECT_EQ(seen.size(), extents.size());
}

TEST(BucketPlan, StartsWithTheLastParameterBecauseItsGradientIsReadyFirst) {
  const auto plan = plan_buckets(parameters({4, 4, 4}), {8, 8});
  ASSERT_EQ(plan.buckets.size(), 2u);
  EXPECT_EQ(plan.buckets[0].entries[0].parameter, 2u);
  EXPECT_EQ(plan.buckets[0].entries[1].parameter, 1u);
  EXPECT_EQ(plan.buckets[1].entries[0].parameter, 0u);
}

TEST(BucketPlan, ClosesABucketWithTheParameterThatFillsIt) {
  const auto plan = plan_buckets(parameters({2, 1, 100, 4, 4}), {3, 10});
  ASSERT_EQ(plan.buckets.size(), 3u);
  EXPECT_EQ(plan.buckets[0].elements, 4);
  EXPECT_EQ(plan.buckets[1].elements, 104);
  EXPECT_EQ(plan.buckets[2].elements, 3);
}

TEST(BucketPlan, DigestTellsLayoutsApart) {
  const auto plan = plan_buckets(parameters({4, 4, 4}), {8, 8});
  EXPECT_EQ(plan.digest, plan_buckets(parameters({4, 4, 4}), {8, 8}).digest);
  EXPECT_NE(plan.digest, plan_buckets(parameters({4, 4, 4}), {12, 12}).digest);
  EXPECT_NE(plan.digest, plan_buckets(parameters({4, 5, 3}), {8, 8}).digest);
}

}  // namespace
}  // namespace hpctrain::train
