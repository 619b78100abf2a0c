// Which variables are ours and which belong to somebody else.
#include "config/environment.hpp"

#include <cstdlib>

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

TEST(Environment, TakesVariablesOfKnownSectionsOnly) {
  const FakeTable fake;
  const auto assignments = parse_environment(fake.table, {{"HPCTRAIN_OVEN_COOK_COUNT", "3"},
                                                          {"HPCTRAIN_BIN", "/opt"},
                                                          {"HPCTRAIN_OVENS", "2"},
                                                          {"HPCTRAIN_JSON", "yes"},
                                                          {"PATH", "/bin"}});
  ASSERT_EQ(assignments.size(), 1U);
  EXPECT_EQ(assignments[0].option, &fake.table.at("oven.cook-count"));
  EXPECT_EQ(assignments[0].text, "3");
  EXPECT_EQ(assignments[0].origin, "HPCTRAIN_OVEN_COOK_COUNT");
}

TEST(Environment, AnUnknownKeyOfAKnownSectionNamesTheNearest) {
  const FakeTable fake;
  EXPECT_THAT(message_of(Fault::usage,
                         [&] {
                           parse_environment(fake.table, {{"HPCTRAIN_OVEN_RTAE", "3"}});
                         }),
              testing::HasSubstr("unknown variable HPCTRAIN_OVEN_RTAE; did you mean HPCTRAIN_OVEN_RATE?"));
}

TEST(Environment, ReadsTheVariablesOfThisProcess) {
  ASSERT_EQ(setenv("HPCTRAIN_OVEN_RATE", "a=b", 1), 0);
  const Variables variables = process_environment();
  ASSERT_EQ(unsetenv("HPCTRAIN_OVEN_RATE"), 0);
  EXPECT_THAT(variables, testing::Contains(testing::Pair("HPCTRAIN_OVEN_RATE", "a=b")));
}

}  // namespace
}  // namespace hpctrain::config
