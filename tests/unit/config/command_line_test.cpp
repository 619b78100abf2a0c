// Every spelling of a flag, and every slip.
#include "config/command_line.hpp"

#include "unit/config/support/fake_table.hpp"

namespace hpctrain::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CommandLineTest : public testing::Test {
 protected:
  // "name=value from origin", easy to compare.
  std::vector<std::string> parse(const std::vector<std::string>& arguments, std::string_view axis_flag = {}) {
    const CommandLine line = parse_command_line(fake_.table, arguments, axis_flag);
    positionals_ = line.positionals;
    std::vector<std::string> texts;
    for (const auto& a : line.assignments) texts.push_back(a.option->name() + "=" + a.text + " from " + a.origin);
    return texts;
  }
  std::string refusal(const std::vector<std::string>& arguments) {
    return message_of(Fault::usage, [&] { parse(arguments); });
  }

  FakeTable fake_;
  std::vector<std::string> positionals_;
};

TEST_F(CommandLineTest, ValuesFollowAfterASpaceOrAnEqualsSign) {
  EXPECT_THAT(
      parse({"--oven.rate", "0.5", "--cake.shape=flat", "-o", "dir"}),
      ElementsAre("oven.rate=0.5 from --oven.rate", "cake.shape=flat from --cake.shape", "cake.out=dir from -o"));
}

TEST_F(CommandLineTest, AliasesKeepTheSpellingOfTheUserAsOrigin) {
  EXPECT_THAT(parse({"--lr", "0.5", "--cooks=3"}),
              ElementsAre("oven.rate=0.5 from --lr", "oven.cook-count=3 from --cooks"));
}

TEST_F(CommandLineTest, AValueMayStartWithADash) {
  EXPECT_THAT(parse({"--oven.rate", "-1", "--oven.offset=-2", "--cake.recipe", "-o(1)"}),
              ElementsAre("oven.rate=-1 from --oven.rate", "oven.offset=-2 from --oven.offset",
                          "cake.recipe=-o(1) from --cake.recipe"));
}

TEST_F(CommandLineTest, AValueMayBeEmptyOrHoldSpacesAndEqualsSigns) {
  EXPECT_THAT(parse({"--cake.recipe", "", "--cake.folder", "/a b/c=d"}),
              ElementsAre("cake.recipe= from --cake.recipe", "cake.folder=/a b/c=d from --cake.folder"));
}

TEST_F(CommandLineTest, ABareYesNoFlagMeansYesAndLeavesOtherWordsAlone) {
  EXPECT_THAT(parse({"--oven.quiet", "run.ini"}), ElementsAre("oven.quiet=yes from --oven.quiet"));
  EXPECT_THAT(positionals_, ElementsAre("run.ini"));
  EXPECT_THAT(parse({"--oven.quiet", "no", "--json"}),
              ElementsAre("oven.quiet=no from --oven.quiet", "json=yes from --json"));
  EXPECT_THAT(parse({"--oven.quiet=off"}), ElementsAre("oven.quiet=off from --oven.quiet"));
  EXPECT_THAT(parse({"--oven.quiet", "--json"}),
              ElementsAre("oven.quiet=yes from --oven.quiet", "json=yes from --json"));
}

TEST_F(CommandLineTest, AYesNoFlagTakesAListOfThemAsItsValue) {
  EXPECT_THAT(parse({"--oven.quiet", "yes,no"}), ElementsAre("oven.quiet=yes,no from --oven.quiet"));
  EXPECT_THAT(parse({"--oven.quiet", "run.ini,no"}), ElementsAre("oven.quiet=yes from --oven.quiet"));
  EXPECT_THAT(positionals_, ElementsAre("run.ini,no"));
}

TEST_F(CommandLineTest, WordsWithoutADashArePositionalWhereverTheyStand) {
  EXPECT_THAT(parse({"a.ini", "--lr", "1", "b", "--", "--lr"}), ElementsAre("oven.rate=1 from --lr"));
  EXPECT_THAT(positionals_, ElementsAre("a.ini", "b", "--lr"));
  EXPECT_THAT(parse({}), IsEmpty());
  EXPECT_THAT(positionals_, IsEmpty());
}

TEST_F(CommandLineTest, UnknownFlagsNameTheNearestValidOne) {
  EXPECT_EQ(refusal({"--oven.rrate", "1"}),
            "unknown option --oven.rrate; did you mean --oven.rate? `hpctrain --help` lists all");
  EXPECT_THAT(refusal({"--oven.rrate=1"}), HasSubstr("unknown option --oven.rrate; did you mean --oven.rate?"));
  EXPECT_THAT(refusal({"--rate", "1"}), HasSubstr("unknown option --rate; did you mean --oven.rate?"));
  EXPECT_THAT(refusal({"-lr", "1"}), HasSubstr("unknown option -lr; did you mean --lr?"));
  EXPECT_THAT(refusal({"-x"}), HasSubstr("unknown option -x"));
  EXPECT_THAT(refusal({"--OVEN.RATE", "1"}), HasSubstr("unknown option --OVEN.RATE"));
}

TEST_F(CommandLineTest, HelpAmongTheFlagsIsARequestThatNamesWhatIsNoKeyOfAFile) {
  for (const std::string flag : {"--help", "-h"}) {
    try {
      parse({"--oven.rate", "not read any more", flag});
      ADD_FAILURE() << flag << " was taken for a flag";
    } catch (const HelpRequest& request) {
      EXPECT_THAT(request.flags, testing::AllOf(HasSubstr("--json"), testing::Not(HasSubstr("oven.rate"))));
      EXPECT_TRUE(request.takes_options);
    }
  }
  parse({"--", "--help"});
  EXPECT_THAT(positionals_, ElementsAre("--help"));
}

TEST_F(CommandLineTest, AbbreviationsAreUnknown) {
  EXPECT_THAT(refusal({"--oven.ra", "1"}), HasSubstr("unknown option --oven.ra; did you mean --oven.rate?"));
  EXPECT_THAT(refusal({"--cook", "1"}), HasSubstr("unknown option --cook; did you mean --cooks?"));
}

TEST_F(CommandLineTest, TheSameOptionTwiceIsAnErrorUnderAnyName) {
  EXPECT_EQ(refusal({"--lr", "1", "--lr", "1"}), "--lr: oven.rate is given twice; keep one of them");
  EXPECT_EQ(refusal({"--lr", "1", "--oven.rate=1"}),
            "--oven.rate: oven.rate is given twice (also as --lr); keep one of them");
  EXPECT_THAT(refusal({"--oven.quiet", "--oven.quiet"}), HasSubstr("given twice"));
}

TEST_F(CommandLineTest, AMissingValueIsAnError) {
  EXPECT_THAT(refusal({"--oven.rate"}), HasSubstr("--oven.rate: no value follows"));
  EXPECT_THAT(refusal({"--oven.rate", "--cake.shape", "flat"}), HasSubstr("--oven.rate: no value follows"));
  EXPECT_THAT(refusal({"--cake.out", "--cake.shpae", "flat"}), HasSubstr("--cake.out: no value follows"));
  EXPECT_THAT(refusal({"--cake.recipe", "-o", "dir"}), HasSubstr("--cake.recipe: no value follows"));
  EXPECT_THAT(parse({"--cake.recipe=--lr"}), ElementsAre("cake.recipe=--lr from --cake.recipe"));
  EXPECT_THAT(refusal({"--oven.rate="}), HasSubstr("--oven.rate: no value follows"));
  EXPECT_THAT(refusal({"--lr"}), HasSubstr("--lr: no value follows"));
}

TEST_F(CommandLineTest, TheAxisFlagIsAnotherSpellingOfTheOptionItNames) {
  EXPECT_THAT(parse({"--sweep", "oven.rate=1,2", "--sweep=cake.shape=flat"}, "--sweep"),
              ElementsAre("oven.rate=1,2 from --oven.rate", "cake.shape=flat from --cake.shape"));
  EXPECT_THAT(message_of(Fault::usage, [&] { parse({"--sweep", "oven.rate"}, "--sweep"); }), HasSubstr("NAME=VALUES"));
  EXPECT_THAT(message_of(Fault::usage, [&] { parse({"--sweep"}, "--sweep"); }), HasSubstr("must follow"));
  EXPECT_THAT(message_of(Fault::usage,
                         [&] {
                           parse({"--sweep", "oven.rte=1"}, "--sweep");
                         }),
              HasSubstr("did you mean --oven.rate?"));
  EXPECT_THAT(refusal({"--sweep", "oven.rate=1"}), HasSubstr("unknown option --sweep"));
}

}  // namespace
}  // namespace hpctrain::config
