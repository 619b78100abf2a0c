// run.ini: every value comes back, and a resume notices what must not change.
#include "config/run_ini.hpp"

#include "config/ini_file.hpp"
#include "config/resolve.hpp"
#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::HasSubstr;

Resolution load(const OptionTable& table, const std::string& ini) {
  return resolve(table, {{}, {}, {assignments_from_ini(table, ini, "run.ini")}}, AxisPolicy::refuse);
}

TEST(RunIni, IsGroupedBySectionWithoutFlagsOfTheCommandLineAlone) {
  const FakeTable fake;
  EXPECT_EQ(write_ini(fake.table, {"cake.out", "cake.folder"}),
            "[oven]\nrate = 0.1\ncook-count = 4\nseed = 7\noffset = 0\nquiet = no\n"
            "\n[cake]\nrecipe = crop(4, reflect)\nlimit = none\nshape = square\nsizes = 3 5\nnetwork = small\n");
}

TEST(RunIni, EveryValueComesBackFromTheTextBitForBit) {
  FakeTable first;
  first.settings.rate = 0.1 + 0.2;
  first.settings.count = 64;
  first.settings.seed = INT64_MAX;
  first.settings.offset = INT64_MIN;
  first.settings.is_quiet = true;
  first.settings.recipe = " a # b; \"c\" \\ ";
  first.settings.folder = "/x y/#1;2";
  first.settings.limit = 9;
  first.settings.out = "";
  first.settings.shape = Shape::flat;
  first.settings.sizes = {};
  first.settings.network = "resnet18";

  FakeTable second;
  load(second.table, write_ini(first.table));
  EXPECT_EQ(second.settings.rate, first.settings.rate);
  EXPECT_EQ(second.settings.count, first.settings.count);
  EXPECT_EQ(second.settings.seed, first.settings.seed);
  EXPECT_EQ(second.settings.offset, first.settings.offset);
  EXPECT_EQ(second.settings.is_quiet, first.settings.is_quiet);
  EXPECT_EQ(second.settings.recipe, first.settings.recipe);
  EXPECT_EQ(second.settings.folder, first.settings.folder);
  EXPECT_EQ(second.settings.limit, first.settings.limit);
  EXPECT_EQ(second.settings.out, first.settings.out);
  EXPECT_EQ(second.settings.shape, first.settings.shape);
  EXPECT_EQ(second.settings.sizes, first.settings.sizes);
  EXPECT_EQ(second.settings.network, first.settings.network);
}

TEST(RunIni, AnUnsetOptionalIsWrittenSoThatItOverridesASetDefault) {
  FakeTable fake;
  load(fake.table, "[cake]\nlimit = 4\n");
  ASSERT_EQ(fake.settings.limit, 4);
  load(fake.table, write_ini(FakeTable().table));
  EXPECT_FALSE(fake.settings.limit.has_value());
}

TEST(RunIni, AValueThatWouldComeBackAsAnAxisIsRefused) {
  FakeTable fake;
  fake.settings.folder = "/a,b";
  EXPECT_THAT(message_of(Fault::usage, [&] { write_ini(fake.table); }), HasSubstr("cake.folder"));
}

TEST(RunIni, TheIdentityDigestFollowsIdentityOptionsAlone) {
  FakeTable fake;
  const std::string before = identity_digest(fake.table);
  EXPECT_EQ(before.size(), 32U);
  fake.settings.count = 9;
  EXPECT_EQ(identity_digest(fake.table), before);
  fake.settings.rate = 9;
  EXPECT_NE(identity_digest(fake.table), before);
  fake.settings.rate = 0.1;
  EXPECT_EQ(identity_digest(fake.table), before);
}

TEST(RunIni, ComparisonNamesTheIdentityOptionsThatDiffer) {
  FakeTable fake;
  const std::string theirs = "[oven]\nrate = 0.10\ncook-count = 9\nseed = 8\ngone = 1\n[cake]\nshape = oval\n";
  const auto differences = compare_identity(fake.table, theirs, "runs/x/run.ini");
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].name, "oven.seed");
  EXPECT_EQ(differences[0].here, "7");
  EXPECT_EQ(differences[0].there, "8");
  EXPECT_EQ(differences[1].name, "cake.shape");
  EXPECT_EQ(differences[1].there, "oval");
}

TEST(RunIni, AnIdentityOptionMissingInTheOtherTextHasItsDefaultThere) {
  FakeTable fake;
  EXPECT_TRUE(compare_identity(fake.table, "", "run.ini").empty());
  fake.settings.seed = 8;
  ASSERT_EQ(compare_identity(fake.table, "", "run.ini").size(), 1U);
  EXPECT_EQ(compare_identity(fake.table, "", "run.ini")[0].there, "7");
}

}  // namespace
}  // namespace hpctrain::config
