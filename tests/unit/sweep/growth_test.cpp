#include "sweep/growth.hpp"

#include <gtest/gtest.h>

namespace hpctrain::sweep {
namespace {

using Sizes = std::vector<int>;

/// Of a trial that standing still costs nothing, on one rank, of as many parts as anyone wants.
TrialWork work_of(double seconds, int ranks = 1, std::uint64_t parts = 1024) {
  return {.remaining_seconds = seconds, .ranks = ranks, .parts = parts};
}

TEST(Growth, TheLargestShareDecidesHowLongATrialTakes) {
  const TrialWork work = work_of(80, 2, 8);
  EXPECT_EQ(seconds_on(work, 2, 2.0), 80);
  EXPECT_EQ(seconds_on(work, 4, 1.0), 40);
  EXPECT_EQ(seconds_on(work, 5, 1.0), 40);  // two parts of eight on one of them
  EXPECT_EQ(seconds_on(work, 8, 1.0), 20);
  EXPECT_EQ(seconds_on(work, 8, 1.5), 30);
}

TEST(Growth, FreeRanksGoToTheTrialThatWouldEndLast) {
  EXPECT_EQ(plan_team_sizes({work_of(100), work_of(30)}, 1, 1), (Sizes{2, 1}));
  EXPECT_EQ(plan_team_sizes({work_of(100), work_of(90)}, 2, 1), (Sizes{2, 2}));
  EXPECT_EQ(plan_team_sizes({work_of(100), work_of(20)}, 3, 1), (Sizes{4, 1}));
  EXPECT_EQ(plan_team_sizes({work_of(100), work_of(100), work_of(1)}, 0, 1), (Sizes{1, 1, 1}));
}

TEST(Growth, NoRankJoinsWhereItFindsNoPartOfAStep) {
  EXPECT_EQ(plan_team_sizes({work_of(100, 1, 4), work_of(10, 1, 4)}, 2, 1), (Sizes{2, 2}));
  EXPECT_EQ(plan_team_sizes({work_of(100, 1, 4)}, 2, 1), (Sizes{2}));
  EXPECT_EQ(plan_team_sizes({work_of(100, 1, 4)}, 9, 1), (Sizes{4}));
  EXPECT_EQ(plan_team_sizes({work_of(100, 4, 4)}, 9, 1), (Sizes{4}));
  EXPECT_EQ(plan_team_sizes({work_of(100, 2, 8)}, 1, 1), (Sizes{3}));  // four parts, then three
}

TEST(Growth, ARestartMustSaveMoreThanItCosts) {
  TrialWork work = work_of(10);
  work.restart_seconds = 5;
  EXPECT_EQ(plan_growth({work}, 0, 1, 1), 0);
  EXPECT_EQ(plan_growth({work}, 0, 3, 1), 3);  // 2.5 + 5 seconds in place of 10
  work.restart_seconds = 4.9;
  EXPECT_EQ(plan_growth({work}, 0, 1, 1), 1);
  EXPECT_EQ(plan_growth({work}, 0, 1, 1.25), 0);  // 6.25 + 4.9
}

TEST(Growth, WhereMoreRanksBringNothingNobodyGrows) {
  EXPECT_EQ(plan_growth({work_of(1000)}, 0, 1, 2.0), 0);
  EXPECT_EQ(plan_growth({work_of(1000)}, 0, 1, 1.9), 1);
}

TEST(Growth, AShorterTrialLeavesTheRanksToALongerOneThatComesSoon) {
  TrialWork longer = work_of(100);
  longer.boundary_seconds = 5;
  EXPECT_EQ(plan_growth({work_of(30), longer}, 0, 1, 1), 0);
  // Two of three would leave the longer one at 50 seconds.
  EXPECT_EQ(plan_growth({work_of(60), longer}, 0, 3, 1), 1);
  longer.boundary_seconds = 20;  // the other is over after 15 seconds on both ranks
  EXPECT_EQ(plan_growth({work_of(30), longer}, 0, 1, 1), 1);
}

TEST(Growth, ATrialThatEndsBeforeItsNextEvaluationIsNoRival) {
  TrialWork ending = work_of(40);
  ending.boundary_seconds = 45;
  EXPECT_EQ(plan_growth({work_of(1000), ending}, 0, 1, 1), 1);
  EXPECT_EQ(plan_growth({ending, work_of(100)}, 1, 1, 1), 1);
  ending.remaining_seconds = 200;
  ending.boundary_seconds = 20;
  EXPECT_EQ(plan_growth({ending, work_of(100)}, 1, 1, 1), 0);
}

TEST(Growth, OfEquallyLongTrialsTheOneThatAsksGrows) {
  EXPECT_EQ(plan_growth({work_of(50), work_of(50)}, 0, 1, 1), 1);
  EXPECT_EQ(plan_growth({work_of(50), work_of(50)}, 1, 1, 1), 1);
  EXPECT_EQ(plan_growth({work_of(50), work_of(50)}, 1, 2, 1), 1);
}

}  // namespace
}  // namespace hpctrain::sweep
