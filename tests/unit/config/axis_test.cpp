// The rule of commas.
#include "config/axis.hpp"

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Axis, ACommaOutsideParenthesesSeparatesValues) {
  EXPECT_THAT(split_axis("0.1, 0.03"), ElementsAre("0.1", "0.03"));
  EXPECT_THAT(split_axis("crop(4,2) flip, none"), ElementsAre("crop(4,2) flip", "none"));
  EXPECT_FALSE(is_axis("crop(4,2) flip"));
  EXPECT_TRUE(is_axis("a,"));
}

TEST(Axis, HoldsTheCanonicalValuesInOrder) {
  const FakeTable fake;
  const Axis axis = make_axis({&fake.table.at("oven.rate"), "1e-1,3", "--lr"});
  EXPECT_EQ(axis.name(), "oven.rate");
  EXPECT_THAT(axis.values, ElementsAre("0.1", "3"));
}

TEST(Axis, EveryFaultyListIsRefusedBeforeAnythingRuns) {
  const FakeTable fake;
  const auto message = [&](const char* name, const char* text) {
    return message_of(Fault::usage, [&] { make_axis({&fake.table.at(name), text, "sweep.ini:3"}); });
  };
  EXPECT_THAT(message("oven.rate", "0.1,-1"), HasSubstr("sweep.ini:3: '-1' is out of range"));
  EXPECT_THAT(message("oven.rate", "0.1,"), HasSubstr("remove the extra comma"));
  EXPECT_THAT(message("oven.rate", "0.1,0.10"), HasSubstr("names the value 0.1 twice"));
  EXPECT_THAT(message("oven.cook-count", "1,2"), HasSubstr("oven.cook-count cannot be swept"));
}

}  // namespace
}  // namespace hpctrain::config
