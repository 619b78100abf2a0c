// Members of every supported type, seen as text.
#include "config/value_binding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace hpctrain::config {
namespace {

TEST(ValueBinding, LeavesTheMemberAloneWhenItRefusesAText) {
  int member = 5;
  MemberBinding<int> binding(member);
  binding.rules().upper = 9;
  ASSERT_TRUE(binding.write("10"));
  EXPECT_EQ(binding.write("10")->text, "is out of range");
  EXPECT_EQ(member, 5);
  EXPECT_FALSE(binding.write("9"));
  EXPECT_EQ(member, 9);
}

TEST(ValueBinding, CanonicalTextsOfEqualValuesAreEqual) {
  double member = 5;
  const MemberBinding<double> binding(member);
  EXPECT_EQ(std::get<std::string>(binding.canonical(" 0.10 ")), std::get<std::string>(binding.canonical("1e-1")));
  EXPECT_EQ(member, 5) << "canonical() only looks";
}

TEST(ValueBinding, OpenBoundsExcludeTheBoundItself) {
  double member = 1;
  MemberBinding<double> binding(member);
  binding.rules().lower = 0;
  binding.rules().lower_is_open = true;
  binding.rules().upper = 2;
  EXPECT_TRUE(binding.write("0"));
  EXPECT_FALSE(binding.write("1e-300"));
  EXPECT_FALSE(binding.write("2"));
  EXPECT_TRUE(binding.write("2.0000001"));
  EXPECT_EQ(binding.expectation(), "a number above 0, up to 2");
}

TEST(ValueBinding, NoneUnsetsAnOptionalAndNothingElseDoes) {
  std::optional<int> member = 3;
  MemberBinding<std::optional<int>> binding(member);
  EXPECT_EQ(binding.read(), "3");
  EXPECT_FALSE(binding.write("none"));
  EXPECT_FALSE(member.has_value());
  EXPECT_EQ(binding.read(), "none");
  EXPECT_TRUE(binding.write(""));
  EXPECT_TRUE(binding.write("-"));
}

TEST(ValueBinding, ListsAreSeparatedBySpacesAndEveryElementIsChecked) {
  std::vector<int> member;
  MemberBinding<std::vector<int>> binding(member);
  binding.rules().lower = 1;
  EXPECT_FALSE(binding.write(" 3  5 "));
  EXPECT_THAT(member, testing::ElementsAre(3, 5));
  EXPECT_EQ(binding.read(), "3 5");
  EXPECT_EQ(binding.write("3 0")->text, "holds '0', which is out of range");
  EXPECT_FALSE(binding.write(""));
  EXPECT_TRUE(member.empty());
}

TEST(ValueBinding, SpacesInsideParenthesesDoNotSplitAList) {
  std::vector<std::string> member;
  MemberBinding<std::vector<std::string>> binding(member);
  EXPECT_FALSE(binding.write("crop(4, 2) flip"));
  EXPECT_THAT(member, testing::ElementsAre("crop(4, 2)", "flip"));
}

TEST(ValueBinding, AnEnumeratorWithoutANameIsABug) {
  enum class Taste { sweet, sour };
  Taste member = Taste::sour;
  MemberBinding<Taste> binding(member);
  binding.rules().named = {{"sweet", Taste::sweet}};
  EXPECT_THROW(binding.read(), Error);
  EXPECT_FALSE(binding.write("sweet"));
  EXPECT_EQ(binding.read(), "sweet");
}

TEST(ValueBinding, OwnRulesSpeakForThemselves) {
  std::string member = "a()";
  MemberBinding<std::string> binding(member);
  binding.rules().check = [](const std::string& text) -> std::optional<std::string> {
    if (text.find(')') == std::string::npos) return "needs a closing parenthesis";
    return std::nullopt;
  };
  EXPECT_EQ(binding.write("b(")->text, "needs a closing parenthesis");
  EXPECT_FALSE(binding.write("b()"));
}

TEST(ValueBinding, PathsKeepTheirSpaces) {
  std::filesystem::path member;
  MemberBinding<std::filesystem::path> binding(member);
  EXPECT_FALSE(binding.write("/scratch/my data"));
  EXPECT_EQ(member, "/scratch/my data");
}

}  // namespace
}  // namespace hpctrain::config
