// Folds divide: every record into one, every label evenly.
#include "pack/fold_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::pack {
namespace {

using hpctrain::test::expect_error;

/// How many records with each label are in each fold.
std::map<std::int64_t, std::vector<int>> count_labels(const std::vector<std::int64_t>& labels,
                                                      const std::vector<std::uint64_t>& folds, std::size_t num_folds) {
  std::map<std::int64_t, std::vector<int>> counts;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    counts[labels[i]].resize(num_folds);
    ++counts[labels[i]].at(folds[i]);
  }
  return counts;
}

TEST(FoldPlan, GivesEveryFoldItsShareOfEveryLabel) {
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 103; ++i) labels.push_back(i % 3 == 0 ? 5 : i % 10);
  const auto folds = plan_folds(labels, 4, 0);
  std::vector<int> sizes(4);
  for (const auto& [label, counts] : count_labels(labels, folds, 4)) {
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1) << label;
    for (std::size_t f = 0; f < 4; ++f) sizes[f] += counts[f];
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<int>{25, 26, 26, 26}));
}

TEST(FoldPlan, SpreadsLabelsThatAreRarerThanFolds) {
  const auto folds = plan_folds(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}, 3, 9);
  EXPECT_EQ(folds, (std::vector<std::uint64_t>{0, 1, 2, 0, 1, 2}));
}

TEST(FoldPlan, FollowsTheSeed) {
  const std::vector<std::int64_t> labels(200);
  EXPECT_EQ(plan_folds(labels, 5, 3), plan_folds(labels, 5, 3));
  EXPECT_NE(plan_folds(labels, 5, 3), plan_folds(labels, 5, 4));
}

TEST(FoldPlan, RefusesMoreFoldsThanRecords) {
  expect_error(Fault::usage, {"--folds 4", "3 samples"}, [] { plan_folds(std::vector<std::int64_t>(3), 4, 0); });
}

}  // namespace
}  // namespace hpctrain::pack
