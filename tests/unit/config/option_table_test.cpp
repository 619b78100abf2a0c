// Finding rows, and every way in which a row can be unsound.
#include "config/option_table.hpp"

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

TEST(OptionTable, FindsARowByEachOfItsNames) {
  const FakeTable fake;
  const Option* row = fake.table.find("oven.cook-count");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(fake.table.find_flag("cooks"), row);
  EXPECT_EQ(fake.table.find_flag("oven.cook-count"), row);
  EXPECT_EQ(fake.table.find_environment("HPCTRAIN_OVEN_COOK_COUNT"), row);
  EXPECT_EQ(fake.table.find("cooks"), nullptr) << "an alias is a flag, not a name";
  EXPECT_EQ(&fake.table.at("oven.cook-count"), row);
}

TEST(OptionTable, UnsoundRowsAreBugs) {
  FakeTable fake;
  int member = 1;
  const auto adding = [&](auto make_row) { return message_of(Fault::bug, [&] { fake.table.add(make_row()); }); };
  using testing::HasSubstr;
  EXPECT_THAT(adding([&] { return option(member, "oven", "rate").help("h"); }), HasSubstr("is there already"));
  EXPECT_THAT(adding([&] { return option(member, "oven", "x").alias("lr").help("h"); }), HasSubstr("alias of another"));
  EXPECT_THAT(adding([&] { return option(member, "oven", "x"); }), HasSubstr("no help"));
  EXPECT_THAT(adding([&] { return option(member, "stove", "x").help("h"); }), HasSubstr("not added"));
  EXPECT_THAT(adding([&] { return option(member, "oven", "Bad_Key").help("h"); }), HasSubstr("malformed key"));
  EXPECT_THAT(adding([&] { return option(member, "oven", "x").above(1).help("h"); }), HasSubstr("its own default"));
  std::string list = "a, b";
  EXPECT_THAT(adding([&] { return option(list, "oven", "x").help("h"); }), HasSubstr("comma"));
  EXPECT_THAT(message_of(Fault::bug, [&] { fake.table.add_section("oven", "again"); }), HasSubstr("twice"));
  EXPECT_THAT(message_of(Fault::bug, [&] { fake.table.at("oven.nothing"); }), HasSubstr("oven.nothing"));
}

TEST(OptionTable, NearestFlagKnowsNamesAliasesAndBareKeys) {
  const FakeTable fake;
  EXPECT_EQ(fake.table.nearest_flag("oven.rat"), "--oven.rate");
  EXPECT_EQ(fake.table.nearest_flag("cook"), "--cooks");
  EXPECT_EQ(fake.table.nearest_flag("networks"), "--cake.network");
  EXPECT_EQ(fake.table.nearest_flag("oven.sede"), "--oven.seed");
}

}  // namespace
}  // namespace hpctrain::config
