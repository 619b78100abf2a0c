// Distances worked out by hand.
#include "config/name_distance.hpp"

#include <gtest/gtest.h>

namespace hpctrain::config {
namespace {

TEST(NameDistance, AnAbbreviationIsAtMostTwoSlips) {
  EXPECT_EQ(name_distance("checkpoint", "checkpoint.every-steps"), 2U);
  EXPECT_EQ(name_distance("every-steps", "checkpoint.every-steps"), 2U);
  EXPECT_EQ(name_distance("epoch", "epochs"), 1U);
}

TEST(NameDistance, OneLetterIsNoAbbreviation) {
  EXPECT_EQ(name_distance("o", "optim"), 4U);
}

TEST(NameDistance, TheClosestIsTheFirstOfEqualsAndNothingOfNothing) {
  EXPECT_EQ(closest_name("aa", {"ab", "ac"}), "ab");
  EXPECT_EQ(closest_name("far-away", {"x"}), "x") << "some answer is better than none";
  EXPECT_EQ(closest_name("aa", {}), "");
}

}  // namespace
}  // namespace hpctrain::config
