// What one row derives from its names, and how it words a refusal.
#include "config/option.hpp"

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

TEST(Option, DerivesAllItsNamesFromSectionAndKey) {
  int member = 1;
  const Option row = option(member, "data", "image-size").alias("size").alias("s").help("h").build();
  EXPECT_EQ(row.name(), "data.image-size");
  EXPECT_EQ(row.flag(), "--data.image-size");
  EXPECT_EQ(row.environment_name(), "HPCTRAIN_DATA_IMAGE_SIZE");
  EXPECT_THAT(row.alias_flags(), testing::ElementsAre("--size", "-s"));
}

TEST(Option, RemembersTheDefaultAfterTheMemberChanged) {
  double member = 0.25;
  const Option row = option(member, "a", "b").help("h").build();
  row.assign("0.5", "--a.b");
  EXPECT_EQ(member, 0.5);
  EXPECT_EQ(row.default_text(), "0.25");
  EXPECT_EQ(row.value_text(), "0.5");
}

TEST(Option, ARefusalNamesOriginTextAndWhatIsAllowed) {
  int member = 1;
  const Option row = option(member, "a", "b").between(1, 9).unit("seconds").help("h").build();
  EXPECT_EQ(message_of(Fault::usage, [&] { row.assign("-1", "run.ini:12"); }),
            "run.ini:12: '-1' is out of range; a.b takes an integer from 1 to 9 (seconds)");
}

TEST(Option, AWrongChoiceNamesTheNearestAndAll) {
  std::string member = "sgd";
  const Option row = option(member, "optim", "name").one_of({"sgd", "adamw"}).help("h").build();
  EXPECT_EQ(message_of(Fault::usage, [&] { row.assign("sdg", "--optim.name"); }),
            "--optim.name: 'sdg' is unknown (did you mean 'sgd'?); optim.name takes one of sgd, adamw");
}

TEST(Option, TakesValuesThatLookLikeAPatternBesideItsChoices) {
  std::string member = "oven";
  const auto is_grill = [](const std::string& name) { return name.starts_with("grill-"); };
  const auto complaint = [](const std::string& name) {
    return name == "grill-0" ? std::optional<std::string>("has no rods") : std::nullopt;
  };
  const Option row = option(member, "a", "b")
                         .one_of({"oven", "stove"})
                         .or_like("grill-N", is_grill)
                         .check(complaint)
                         .help("h")
                         .build();
  row.assign("grill-7", "--a.b");
  EXPECT_EQ(member, "grill-7");
  EXPECT_EQ(row.value_text(), "grill-7");
  EXPECT_EQ(message_of(Fault::usage, [&] { row.assign("grill-0", "--a.b"); }),
            "--a.b: 'grill-0' has no rods; a.b takes one of oven, stove, or grill-N");
  EXPECT_EQ(message_of(Fault::usage, [&] { row.assign("stov", "--a.b"); }),
            "--a.b: 'stov' is unknown (did you mean 'stove'?); a.b takes one of oven, stove, or grill-N");
  EXPECT_EQ(member, "grill-7");
}

}  // namespace
}  // namespace hpctrain::config
