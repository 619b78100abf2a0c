// Who hangs, from what was seen of each rank.
#include "comm/hang_verdict.hpp"

#include <gtest/gtest.h>

namespace hpctrain::comm {
namespace {

constexpr double kTimeout = 3;
constexpr std::size_t kCompute = 0;
constexpr std::size_t kReduce = 1;
constexpr std::size_t kSave = 2;

const std::vector<PhaseRule> kRules = {{"compute", 1, false}, {"reduce", 1, true}, {"save", 10, false}};

RankView view_of(int rank, std::size_t phase, std::uint64_t step, std::uint64_t sequence, double quiet_seconds) {
  RankView view;
  view.rank = rank;
  view.phase = phase;
  view.step = step;
  view.sequence = sequence;
  view.quiet_seconds = quiet_seconds;
  return view;
}

TEST(FindHang, SaysNothingWhileEverybodyMovesOn) {
  EXPECT_FALSE(find_hang({view_of(0, kReduce, 7, 4, 2.9), view_of(1, kCompute, 7, 3, 0.1)}, kRules, kTimeout));
}

TEST(FindHang, BlamesTheRankBehindNotTheOneThatWaitedLonger) {
  const auto verdict = find_hang({view_of(0, kReduce, 7, 4, 3.2), view_of(1, kCompute, 7, 3, 3.1)}, kRules, kTimeout);
  EXPECT_EQ(verdict, (HangVerdict{HangKind::stuck, 1, 3.1}));
}

TEST(FindHang, BlamesARankThatIsAStepBehind) {
  const auto verdict = find_hang({view_of(0, kReduce, 8, 1, 3.5), view_of(1, kReduce, 7, 9, 3.4)}, kRules, kTimeout);
  EXPECT_EQ(verdict->culprit, 1U);
}

TEST(FindHang, BlamesARankWithFewerMicroStepsOnlyWhenItIsNotTheOneThatWaits) {
  // Rank zero's share was used up early: fewer phases, but it is at the reduction already.
  const auto verdict = find_hang({view_of(0, kReduce, 7, 2, 3.5), view_of(1, kCompute, 7, 9, 3.4)}, kRules, kTimeout);
  EXPECT_EQ(verdict->culprit, 1U);
}

TEST(FindHang, BlamesAStoppedProcessEvenWhenItWasAhead) {
  std::vector<RankView> views = {view_of(0, kReduce, 7, 4, 3.2), view_of(1, kCompute, 8, 0, 3.1)};
  views[1].silent_seconds = 3.1;
  EXPECT_EQ(find_hang(views, kRules, kTimeout), (HangVerdict{HangKind::stopped, 1, 3.1}));
}

TEST(FindHang, GivesALongPhaseItsOwnTimeButNotAStoppedProcess) {
  std::vector<RankView> views = {view_of(0, kSave, 7, 4, 29), view_of(1, kSave, 7, 4, 29)};
  EXPECT_FALSE(find_hang(views, kRules, kTimeout));
  views[0].quiet_seconds = 31;
  EXPECT_TRUE(find_hang(views, kRules, kTimeout));
  views = {view_of(0, kSave, 7, 4, 5), view_of(1, kSave, 7, 4, 5)};
  views[0].silent_seconds = 3.1;
  EXPECT_EQ(find_hang(views, kRules, kTimeout), (HangVerdict{HangKind::stopped, 0, 3.1}));
}

TEST(FindHang, ExemptsTheFirstSteps) {
  std::vector<RankView> views = {view_of(0, kCompute, 0, 1, 100)};
  views[0].is_warm = false;
  EXPECT_FALSE(find_hang(views, kRules, kTimeout));
}

TEST(FindHang, ComparesARankOnlyWithThoseThatItWaitsFor) {
  // The other group of a sweep is at an earlier step of its own trial, and goes on.
  std::vector<RankView> views = {view_of(0, kCompute, 2, 1, 0.1), view_of(1, kReduce, 2, 4, 0.1),
                                 view_of(2, kReduce, 90, 4, 3.2), view_of(3, kCompute, 90, 3, 3.1)};
  views[2].team = views[3].team = 1;
  EXPECT_EQ(find_hang(views, kRules, kTimeout), (HangVerdict{HangKind::stuck, 3, 3.1}));
  views[1].silent_seconds = 2;
  EXPECT_EQ(find_hang(views, kRules, kTimeout), (HangVerdict{HangKind::stuck, 3, 3.1}));
}

TEST(FindHang, NamesADeadRankAtOnce) {
  std::vector<RankView> views = {view_of(0, kReduce, 7, 4, 0.1), view_of(1, kCompute, 7, 3, 0.1)};
  views[1].is_dead = true;
  EXPECT_EQ(find_hang(views, kRules, kTimeout), (HangVerdict{HangKind::dead, 1, 0.1}));
}

TEST(FindFurthestBehind, IsTheRankThatTheOthersWaitFor) {
  EXPECT_EQ(find_furthest_behind({view_of(0, kReduce, 7, 4, 0), view_of(1, kCompute, 7, 5, 0)}, kRules), 1U);
  EXPECT_EQ(find_furthest_behind({view_of(0, kCompute, 6, 4, 0), view_of(1, kCompute, 7, 1, 0)}, kRules), 0U);
}

TEST(FindSpeaker, IsTheLowestRankThatRuns) {
  std::vector<RankView> views = {view_of(0, kReduce, 7, 4, 5), view_of(1, kReduce, 7, 4, 5)};
  EXPECT_EQ(find_speaker(views), 0U);
  views[0].silent_seconds = 5;
  EXPECT_EQ(find_speaker(views), 1U);
  views[1].is_dead = true;
  EXPECT_FALSE(find_speaker(views));
}

}  // namespace
}  // namespace hpctrain::comm
