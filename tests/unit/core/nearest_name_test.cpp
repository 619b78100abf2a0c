// Which mistyped names find their way home, and which must not.
#include "core/nearest_name.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hpctrain {
namespace {

const std::vector<std::string> kOptions = {"optim.lr", "optim.name", "train.batch", "train.epochs",
                                           "train.micro-batch"};

TEST(EditDistance, CountsEachKindOfEditOnce) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("abc", "abd"), 1u);
  EXPECT_EQ(edit_distance("abc", "acb"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // the restricted form: no edit inside a swap
}

TEST(NearestName, FindsTheOptionBehindATypingMistake) {
  EXPECT_EQ(nearest_name("train.epohcs", kOptions), "train.epochs");
  EXPECT_EQ(nearest_name("optim.lr2", kOptions), "optim.lr");
  EXPECT_EQ(nearest_name("train-batch", kOptions), "train.batch");
}

TEST(NearestName, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("verbose", kOptions), std::nullopt);
  EXPECT_EQ(nearest_name("", kOptions), std::nullopt);
  EXPECT_EQ(nearest_name("train.epochs", {}), std::nullopt);
}

TEST(NearestName, DoesNotTurnOneLetterIntoAnother) {
  const std::vector<std::string> letters = {"x", "y"};
  EXPECT_EQ(nearest_name("z", letters), std::nullopt);
}

TEST(NearestName, HintEndsAMessage) {
  EXPECT_EQ("unknown option optim.rl" + nearest_name_hint("optim.rl", kOptions),
            "unknown option optim.rl; did you mean optim.lr?");
  EXPECT_EQ(nearest_name_hint("verbose", kOptions), "");
}

}  // namespace
}  // namespace hpctrain
