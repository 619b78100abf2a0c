#include "sweep/teams.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace hpctrain::sweep {
namespace {

using Ranks = std::vector<int>;

Trial trial_of(const std::string& name) {
  return {name, {{"n", name}}};
}

TEST(Teams, RanksAreIdleOrInOneTeam) {
  Teams teams(5);
  EXPECT_EQ(teams.choose(2), (Ranks{0, 1}));
  teams.form({0, 1}, trial_of("a"));
  EXPECT_EQ(teams.choose(2), (Ranks{2, 3}));
  teams.form({2, 3}, trial_of("b"));
  EXPECT_EQ(teams.idle_ranks(), 1);
  EXPECT_EQ(teams.dissolve(0).trial.digest, "a");
  EXPECT_EQ(teams.idle_ranks(), 3);
  EXPECT_EQ(teams.choose(3), (Ranks{0, 1, 4}));
  test::expect_error(Fault::bug, {"idle ranks"}, [&] { teams.form({2}, trial_of("c")); });
  test::expect_error(Fault::bug, {"leader"}, [&] { teams.led_by(3); });
}

TEST(Teams, EqualRanksHaveAnEqualNumber) {
  Teams teams(4);
  const int pair = teams.form({0, 1}, trial_of("a")).number;
  EXPECT_NE(teams.form({2, 3}, trial_of("b")).number, pair);
  teams.dissolve(0);
  teams.dissolve(2);
  const int all = teams.form({0, 1, 2, 3}, trial_of("a")).number;
  EXPECT_NE(all, pair);
  teams.dissolve(0);
  EXPECT_EQ(teams.form({0, 1}, trial_of("c")).number, pair);
}

TEST(Teams, NeighboursArePromisedAndComeBackWithTheTeam) {
  Teams teams(6);
  Team& team = teams.form({3}, trial_of("a"));
  teams.promise(team, 3);
  EXPECT_EQ(team.promised, (Ranks{1, 2, 4}));
  EXPECT_EQ(teams.choose(2), (Ranks{0, 5}));
  EXPECT_EQ(teams.idle_ranks(), 2);
  EXPECT_EQ(teams.dissolve(3).promised, (Ranks{1, 2, 4}));
  EXPECT_EQ(teams.choose(6), (Ranks{0, 1, 2, 3, 4, 5}));
}

TEST(Teams, WhatIsLeftOfATrialIsToldByItsLastEvaluation) {
  Teams teams(2);
  Team& team = teams.form({0, 1}, trial_of("a"));
  team.leased_seconds = 100;
  EXPECT_EQ(team.work(130, 50).remaining_seconds, 20);
  EXPECT_EQ(team.work(160, 50).remaining_seconds, 0);
  team.note({.seconds_per_step = 2, .steps_left = 30, .restart_seconds = 4}, 120);
  const TrialWork work = team.work(125, 1e9);
  EXPECT_EQ(work.remaining_seconds, 55);
  EXPECT_EQ(work.ranks, 2);
  EXPECT_EQ(work.restart_seconds, 4);
  EXPECT_EQ(work.boundary_seconds, 15);  // 20 from the lease to the first score, 5 of them gone
  team.note({.seconds_per_step = 2, .steps_left = 20}, 130);
  EXPECT_EQ(team.work(134, 0).boundary_seconds, 6);
  EXPECT_EQ(team.work(150, 0).boundary_seconds, 0);
}

}  // namespace
}  // namespace hpctrain::sweep
