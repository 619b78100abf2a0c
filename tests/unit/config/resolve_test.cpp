// Which source wins, and that nothing wrong slips through from any of them.
#include "config/resolve.hpp"

#include "config/command_line.hpp"
#include "config/environment.hpp"
#include "config/ini_file.hpp"
#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ResolveTest : public testing::Test {
 protected:
  Resolution run(const std::vector<std::string>& arguments, const Variables& variables, const std::string& ini,
                 AxisPolicy policy = AxisPolicy::refuse) {
    Sources sources;
    sources.flags = parse_command_line(fake_.table, arguments).assignments;
    sources.environment = parse_environment(fake_.table, variables);
    sources.files = {assignments_from_ini(fake_.table, ini, "run.ini")};
    return resolve(fake_.table, sources, policy);
  }
  std::string refusal(const std::vector<std::string>& arguments, const Variables& variables, const std::string& ini,
                      AxisPolicy policy = AxisPolicy::refuse) {
    return message_of(Fault::usage, [&] { run(arguments, variables, ini, policy); });
  }

  FakeTable fake_;
  FakeSettings& settings_ = fake_.settings;
};

TEST_F(ResolveTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string ini = "[oven]\nrate = 1\ncook-count = 1\nseed = 1\n";
  const Variables variables{{"HPCTRAIN_OVEN_RATE", "2"}, {"HPCTRAIN_OVEN_COOK_COUNT", "2"}};
  const Resolution resolution = run({"--lr", "3"}, variables, ini);
  EXPECT_EQ(settings_.rate, 3);
  EXPECT_EQ(settings_.count, 2);
  EXPECT_EQ(settings_.seed, 1U);
  EXPECT_EQ(settings_.offset, 0);
  EXPECT_EQ(resolution.origin_of("oven.rate"), "--lr");
  EXPECT_EQ(resolution.origin_of("oven.cook-count"), "HPCTRAIN_OVEN_COOK_COUNT");
  EXPECT_EQ(resolution.origin_of("oven.seed"), "run.ini:4");
  EXPECT_EQ(resolution.origin_of("oven.offset"), "default");
  EXPECT_TRUE(resolution.is_given("oven.seed"));
  EXPECT_FALSE(resolution.is_given("oven.offset"));
}

TEST_F(ResolveTest, ALaterFileBeatsAnEarlierOne) {
  Sources sources;
  sources.files = {assignments_from_ini(fake_.table, "[oven]\nrate = 1\nseed = 1\n", "a.ini"),
                   assignments_from_ini(fake_.table, "[oven]\nrate = 2\n", "b.ini")};
  EXPECT_EQ(resolve(fake_.table, sources, AxisPolicy::refuse).origin_of("oven.rate"), "b.ini:2");
  EXPECT_EQ(settings_.rate, 2);
  EXPECT_EQ(settings_.seed, 1U);
}

TEST_F(ResolveTest, EveryKindOfMemberIsStored) {
  run({"--json", "--oven.quiet", "--cake.limit", "5", "-o", "out dir", "--cake.shape", "flat", "--cake.sizes", "1 2"},
      {}, "[cake]\nrecipe = crop(4,2) flip\nfolder = /x\nnetwork = resnet18\n[oven]\noffset = -3\n");
  EXPECT_TRUE(settings_.wants_json);
  EXPECT_TRUE(settings_.is_quiet);
  EXPECT_EQ(settings_.limit, 5);
  EXPECT_EQ(settings_.out, "out dir");
  EXPECT_EQ(settings_.shape, Shape::flat);
  EXPECT_THAT(settings_.sizes, ElementsAre(1, 2));
  EXPECT_EQ(settings_.recipe, "crop(4,2) flip");
  EXPECT_EQ(settings_.folder, "/x");
  EXPECT_EQ(settings_.network, "resnet18");
  EXPECT_EQ(settings_.offset, -3);
}

TEST_F(ResolveTest, AWrongValueNamesItsSource) {
  EXPECT_THAT(refusal({"--lr", "-1"}, {}, ""),
              HasSubstr("--lr: '-1' is out of range; oven.rate takes a number above 0"));
  EXPECT_THAT(refusal({}, {{"HPCTRAIN_OVEN_SEED", "-3"}}, ""),
              HasSubstr("HPCTRAIN_OVEN_SEED: '-3' is negative; oven.seed takes an integer of at least 0"));
  EXPECT_THAT(refusal({}, {}, "[cake]\n\nshape = rond\n"),
              HasSubstr("run.ini:3: 'rond' is unknown (did you mean 'round'?)"));
  EXPECT_THAT(refusal({}, {{"HPCTRAIN_OVEN_RATE", ""}}, ""), HasSubstr("is empty"));
}

TEST_F(ResolveTest, AnOverriddenValueIsCheckedTooAndNothingIsStoredOnError) {
  EXPECT_THAT(refusal({"--lr", "3", "--cooks", "9"}, {}, "[oven]\nrate = fast\n"), HasSubstr("run.ini:2: 'fast'"));
  EXPECT_EQ(settings_.rate, 0.1);
  EXPECT_EQ(settings_.count, 4);
}

TEST_F(ResolveTest, TrainingRefusesACommaListFromAnySource) {
  const std::string cure = "start it with `hpctrain sweep`, or give oven.rate one value";
  EXPECT_THAT(refusal({"--lr", "0.1,0.03"}, {}, ""), HasSubstr(cure));
  EXPECT_THAT(refusal({}, {{"HPCTRAIN_OVEN_RATE", "1,2"}}, ""), HasSubstr(cure));
  EXPECT_THAT(refusal({"--lr", "1"}, {}, "[oven]\nrate = 1, 2\n"), HasSubstr("run.ini:2: '1, 2' holds a comma"));
  EXPECT_THAT(refusal({"--cake.folder", "/a,b"}, {}, ""), HasSubstr("holds a comma"));
}

TEST_F(ResolveTest, ASweepCollectsAxesInTableOrderFromAnySource) {
  const Resolution resolution = run({"--cake.shape", "flat,round"}, {{"HPCTRAIN_OVEN_SEED", "1,2,3"}},
                                    "[oven]\nrate = 1, 2\n[cake]\nrecipe = a(1,2), b\n", AxisPolicy::collect);
  ASSERT_EQ(resolution.axes.size(), 4U);
  EXPECT_EQ(resolution.axes[0].name(), "oven.rate");
  EXPECT_EQ(resolution.axes[0].origin, "run.ini:2");
  EXPECT_THAT(resolution.axes[1].values, ElementsAre("1", "2", "3"));
  EXPECT_THAT(resolution.axes[2].values, ElementsAre("a(1,2)", "b"));
  EXPECT_THAT(resolution.axes[3].values, ElementsAre("flat", "round"));
  EXPECT_EQ(settings_.shape, Shape::flat) << "the settings hold each axis's first value";
}

TEST_F(ResolveTest, ASingleValueOverridesAnAxisOfAWeakerSource) {
  const Resolution resolution = run({"--lr", "5"}, {}, "[oven]\nrate = 1, 2\n", AxisPolicy::collect);
  EXPECT_TRUE(resolution.axes.empty());
  EXPECT_EQ(settings_.rate, 5);
}

TEST_F(ResolveTest, ASweepRefusesAnAxisOfAFixedOption) {
  EXPECT_THAT(refusal({"--cooks", "1,2"}, {}, "", AxisPolicy::collect), HasSubstr("oven.cook-count cannot be swept"));
  EXPECT_THAT(refusal({"--lr", "1,x"}, {}, "", AxisPolicy::collect), HasSubstr("--lr: 'x' is not a number"));
}

TEST(Resolve, ACommaInAFlagOfTheCommandLineAloneIsPlainText) {
  std::string title = "none";
  OptionTable table("hpctrain-pack");
  table.add(flag_only(title, "title").help("title of the set"));
  resolve(table, {parse_command_line(table, {"--title", "cats, dogs"}).assignments, {}, {}}, AxisPolicy::refuse);
  EXPECT_EQ(title, "cats, dogs");
}

}  // namespace
}  // namespace hpctrain::config
