#include "sweep/scheduler.hpp"

#include <gtest/gtest.h>

namespace hpctrain::sweep {
namespace {

constexpr SchedulerPlan kAsha = {.kind = SchedulerKind::asha, .reduction = 3, .min_epochs = 1};

/// Trials named a, b, c … that reached `epoch` with these scores.
std::vector<LedgerEntry> reached(std::uint64_t epoch, const std::vector<double>& metrics) {
  std::vector<LedgerEntry> history;
  for (const double metric : metrics) {
    LedgerEntry entry;
    entry.trial.digest = std::string(1, static_cast<char>('a' + history.size()));
    entry.scores.push_back({{.epoch = epoch, .metric = metric}});
    history.push_back(entry);
  }
  return history;
}

bool asha_stops(const std::vector<double>& others, double metric) {
  return must_stop(kAsha, reached(1, others), "new", {.epoch = 1, .metric = metric});
}

TEST(Asha, RungsAreThePowersOfTheReductionFromTheLeastEpochsOn) {
  std::vector<std::uint64_t> rungs;
  SchedulerPlan plan = kAsha;
  plan.min_epochs = 2;
  for (std::uint64_t epoch = 1; epoch <= 60; ++epoch) {
    if (is_judged(plan, "new", epoch)) rungs.push_back(epoch);
  }
  EXPECT_EQ(rungs, (std::vector<std::uint64_t>{2, 6, 18, 54}));
}

TEST(Asha, WhereEvaluationsAreRareARungIsTheFirstAtOrAfterIt) {
  std::vector<std::uint64_t> rungs;
  SchedulerPlan plan = kAsha;
  plan.evaluate_epochs = 5;
  for (std::uint64_t epoch = 5; epoch <= 60; epoch += 5) {
    if (is_judged(plan, "new", epoch)) rungs.push_back(epoch);
  }
  EXPECT_EQ(rungs, (std::vector<std::uint64_t>{5, 10, 30}));
}

TEST(Asha, WithoutASchedulerNobodyIsJudged) {
  EXPECT_FALSE(is_judged({}, "new", 1));
  EXPECT_FALSE(must_stop({}, reached(1, {0.9, 0.8, 0.7}), "new", {.epoch = 1, .metric = 0.1}));
}

TEST(Asha, TheFirstAtARungGoesOnAndTheSecondOnlyIfItIsNotWorse) {
  EXPECT_FALSE(asha_stops({}, 0.1));
  EXPECT_TRUE(asha_stops({0.5}, 0.4));
  EXPECT_FALSE(asha_stops({0.5}, 0.5));
  EXPECT_FALSE(asha_stops({0.5}, 0.6));
}

TEST(Asha, OneInThreeGoesOn) {
  const std::vector<double> others = {0.9, 0.8, 0.7, 0.6, 0.5};
  EXPECT_FALSE(asha_stops(others, 0.85));
  EXPECT_TRUE(asha_stops(others, 0.75));
}

TEST(Asha, SmallerScoresAreBetterForLossesAndLengths) {
  SchedulerPlan plan = kAsha;
  plan.is_smaller_better = true;
  EXPECT_TRUE(must_stop(plan, reached(1, {1.5}), "new", {.epoch = 1, .metric = 1.6}));
  EXPECT_FALSE(must_stop(plan, reached(1, {1.5}), "new", {.epoch = 1, .metric = 1.4}));
}

TEST(Asha, ScoresOfOtherRungsAndOfTheTrialItselfDoNotCount) {
  EXPECT_FALSE(must_stop(kAsha, reached(1, {0.9, 0.8}), "new", {.epoch = 3, .metric = 0.1}));
  EXPECT_FALSE(must_stop(kAsha, reached(3, {0.9}), "a", {.epoch = 3, .metric = 0.1}));
}

constexpr SchedulerPlan kHyperband = {.kind = SchedulerKind::asha, .reduction = 3, .min_epochs = 1, .brackets = 3};

/// Names of trials in this bracket.
std::vector<std::string> names_in(std::uint64_t bracket, std::size_t count) {
  std::vector<std::string> names;
  for (int number = 0; names.size() < count; ++number) {
    const std::string name = "trial " + std::to_string(number);
    if (bracket_of(kHyperband, name) == bracket) names.push_back(name);
  }
  return names;
}

TEST(Brackets, GetTheSharesOfHyperband) {
  std::vector<double> counts(3);
  for (int number = 0; number < 6'000; ++number) counts[bracket_of(kHyperband, std::to_string(number))] += 1;
  // 9/3 : 3/2 : 1 of 6000; five standard deviations are about 190.
  EXPECT_NEAR(counts[0], 3'273, 190);
  EXPECT_NEAR(counts[1], 1'636, 190);
  EXPECT_NEAR(counts[2], 1'091, 190);
}

TEST(Brackets, EachIsFirstJudgedLaterThanTheOneBefore) {
  for (const std::uint64_t bracket : {0u, 1u, 2u}) {
    std::vector<std::uint64_t> rungs;
    for (std::uint64_t epoch = 1; epoch <= 30; ++epoch) {
      if (is_judged(kHyperband, names_in(bracket, 1).front(), epoch)) rungs.push_back(epoch);
    }
    const std::vector<std::uint64_t> all = {1, 3, 9, 27};
    EXPECT_EQ(rungs, std::vector<std::uint64_t>(all.begin() + static_cast<std::ptrdiff_t>(bracket), all.end()));
  }
}

TEST(Brackets, TrialsAreComparedWithThoseOfTheirOwnAlone) {
  auto history = reached(3, {0.9, 0.9});
  history[0].trial.digest = names_in(0, 1).front();
  history[1].trial.digest = names_in(0, 2).back();
  EXPECT_FALSE(must_stop(kHyperband, history, names_in(1, 1).front(), {.epoch = 3, .metric = 0.1}));
  EXPECT_TRUE(must_stop(kHyperband, history, names_in(0, 3).back(), {.epoch = 3, .metric = 0.1}));
}

/// A trial with a score after every epoch.
LedgerEntry trained(const std::string& name, const std::vector<double>& metrics) {
  LedgerEntry entry;
  entry.trial.digest = name;
  for (const double metric : metrics) {
    entry.scores.push_back({{.epoch = entry.scores.size() + 1, .metric = metric}});
  }
  return entry;
}

constexpr SchedulerPlan kMedian = {.kind = SchedulerKind::median, .min_epochs = 2};

/// Averages up to epoch 2: 0.3, 0.4, 0.6; up to epoch 3: 0.4, 0.5, and the third did not come so far.
std::vector<LedgerEntry> three_others() {
  return {trained("a", {0.2, 0.4, 0.6, 0.9}), trained("b", {0.3, 0.5, 0.7}), trained("c", {0.5, 0.7})};
}

TEST(MedianStopping, ATrialIsStoppedWhoseBestScoreIsWorseThanHalfOfTheOthersHadOnAverage) {
  auto history = three_others();
  history.push_back(trained("new", {0.1}));
  EXPECT_TRUE(must_stop(kMedian, history, "new", {.epoch = 2, .metric = 0.39}));
  EXPECT_FALSE(must_stop(kMedian, history, "new", {.epoch = 2, .metric = 0.41}));
}

TEST(MedianStopping, ItsBestScoreCountsAndNotItsLast) {
  auto history = three_others();
  history.push_back(trained("new", {0.41}));
  EXPECT_FALSE(must_stop(kMedian, history, "new", {.epoch = 2, .metric = 0.1}));
}

TEST(MedianStopping, NobodyIsStoppedBeforeTheLeastEpochsOrBesideFewerThanThreeThatCameAsFar) {
  EXPECT_FALSE(must_stop(kMedian, three_others(), "new", {.epoch = 1, .metric = 0}));
  EXPECT_FALSE(must_stop(kMedian, three_others(), "new", {.epoch = 3, .metric = 0}));
  EXPECT_TRUE(must_stop(kMedian, three_others(), "new", {.epoch = 2, .metric = 0}));
}

TEST(MedianStopping, OfAnEvenNumberTheMiddleOfTheTwoInTheMiddleDecides) {
  auto history = three_others();
  history.push_back(trained("d", {0.8, 0.8}));
  EXPECT_TRUE(must_stop(kMedian, history, "new", {.epoch = 2, .metric = 0.49}));
  EXPECT_FALSE(must_stop(kMedian, history, "new", {.epoch = 2, .metric = 0.51}));
}

TEST(MedianStopping, SmallerScoresAreBetterForLossesAndLengths) {
  SchedulerPlan plan = kMedian;
  plan.is_smaller_better = true;
  EXPECT_TRUE(must_stop(plan, three_others(), "new", {.epoch = 2, .metric = 0.41}));
  EXPECT_FALSE(must_stop(plan, three_others(), "new", {.epoch = 2, .metric = 0.39}));
}

TEST(MedianStopping, EveryScoreIsKeptForTheAverages) {
  for (const std::uint64_t epoch : {1u, 2u, 7u}) EXPECT_TRUE(is_judged(kMedian, "new", epoch));
}

}  // namespace
}  // namespace hpctrain::sweep
