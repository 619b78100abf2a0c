#include "sweep/team_planner.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/simulated_file_system.hpp"

namespace hpctrain::sweep {
namespace {

constexpr double kNoEnd = std::numeric_limits<double>::infinity();

Trial trial_of(int seconds) {
  return {std::to_string(seconds), {{"seconds", std::to_string(seconds)}}};
}

/// Of six ranks; a trial's parameter says how long it takes on one.
TeamRules rules_of(bool is_measured, bool is_malleable = true) {
  return {.ranks = 6,
          .ranks_per_trial = 1,
          .is_malleable = is_malleable,
          .step_parts = [](const auto&) { return 1000; },
          .forecast =
              [=](const Parameters& parameters, const auto&) {
                return TrialForecast{std::stod(parameters[0].second), is_measured};
              }};
}

class TeamPlannerTest : public testing::Test {
 protected:
  Team& form(int rank, int seconds) {
    Team& team = teams_.form({rank}, trial_of(seconds));
    team.parts = 1000;
    return team;
  }

  SimulatedFileSystem files_;
  Ledger ledger_{files_, "/sweep/ledger", "one"};
  Teams teams_{6};
};

TEST_F(TeamPlannerTest, RanksThatFillNoTeamAreUsedWhereTeamsGrow) {
  TeamRules rules = rules_of(true, false);
  rules.ranks_per_trial = 4;
  EXPECT_EQ(TeamPlanner(rules).usable_ranks(), 4);
  rules.is_malleable = true;
  EXPECT_EQ(TeamPlanner(rules).usable_ranks(), 6);
}

TEST_F(TeamPlannerTest, TrialsBeginOnLargerTeamsWhereNoOthersCome) {
  const TeamPlanner planner(rules_of(false));
  const std::vector<Trial> trials = {trial_of(90), trial_of(30)};
  EXPECT_EQ(planner.plan_sizes(trials, 6, true, ledger_), (std::vector<int>{4, 2}));
  EXPECT_EQ(planner.plan_sizes(trials, 6, false, ledger_), (std::vector<int>{1, 1}));
  EXPECT_EQ(TeamPlanner(rules_of(false, false)).plan_sizes(trials, 6, true, ledger_), (std::vector<int>{1, 1}));
  EXPECT_TRUE(planner.plan_sizes({}, 6, true, ledger_).empty());
}

TEST_F(TeamPlannerTest, ATrialWithoutAScoreCountsByTheForecast) {
  TeamPlanner planner(rules_of(true));
  Team& asking = form(0, 100);
  form(1, 1000);
  planner.note(asking, {.seconds_per_step = 1, .steps_left = 90}, 10);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 10), 0);
  // Now the other one is as good as over.
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 990), 0);
  planner.note(asking, {.seconds_per_step = 1, .steps_left = 90}, 990);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 990), 4);
}

TEST_F(TeamPlannerTest, WhereNothingTellsHowLongATrialTakesItTakesAsLongAsTheOther) {
  TeamPlanner planner(rules_of(false));
  Team& asking = form(0, 1);
  form(1, 1000);
  planner.note(asking, {.seconds_per_step = 1, .steps_left = 90}, 10);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 10), 2);
}

TEST_F(TeamPlannerTest, OnlyWhatTheJobLastsCanBeSaved) {
  TeamPlanner planner(rules_of(true));
  Team& asking = form(0, 1000);
  planner.note(asking, {.seconds_per_step = 10, .steps_left = 90, .restart_seconds = 20}, 10);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 10), 5);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, 20, 10), 0);
}

TEST_F(TeamPlannerTest, ATeamThatGrowsAlreadyIsNoRival) {
  TeamPlanner planner(rules_of(true));
  Team& asking = form(0, 100);
  Team& growing = form(1, 1000);
  teams_.promise(growing, 1);
  planner.note(asking, {.seconds_per_step = 1, .steps_left = 90}, 10);
  EXPECT_EQ(planner.plan_growth(teams_, 0, ledger_, kNoEnd, 10), 3);
}

TEST_F(TeamPlannerTest, GrowthThatBroughtNothingIsNotTriedForEver) {
  TeamPlanner planner(rules_of(true));
  Team& team = form(0, 1000);
  const Outlook slow = {.seconds_per_step = 10, .steps_left = 90};
  planner.note(team, slow, 10);
  int tried = 0;
  for (; tried < 10 && planner.plan_growth(teams_, 0, ledger_, kNoEnd, 10) > 0; ++tried) {
    planner.expect_growth(team, 1);
    planner.note(team, {.seconds_per_step = 50, .steps_left = 90}, 10);  // ten times what one more rank promised
    planner.note(team, slow, 10);
  }
  EXPECT_GT(tried, 0);
  EXPECT_LT(tried, 10);
}

}  // namespace
}  // namespace hpctrain::sweep
