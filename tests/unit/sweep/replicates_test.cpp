// Replicates: means, intervals and words, beside numbers worked out by hand with a table of Student's t (two-sided
// 95 %: 12.706 at 1 degree of freedom, 4.303 at 2, 2.776 at 4, 2.262 at 9).
#include "sweep/replicates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sweep/replicates_text.hpp"

namespace hpctrain::sweep {
namespace {

LedgerEntry entry_of(const std::string& rate, int seed, double metric, TrialState state = TrialState::done) {
  LedgerEntry entry;
  entry.trial.parameters = {{"optim.lr", rate}, {"train.seed", std::to_string(seed)}};
  entry.trial.digest = rate + " " + std::to_string(seed);
  entry.outcome.state = state;
  entry.outcome.metric = metric;
  return entry;
}

std::vector<LedgerEntry> entries_of(const std::map<std::string, std::vector<double>>& metrics) {
  std::vector<LedgerEntry> entries;
  for (const auto& [rate, values] : metrics) {
    for (std::size_t i = 0; i < values.size(); ++i) entries.push_back(entry_of(rate, static_cast<int>(i), values[i]));
  }
  return entries;
}

/// Rate 0.1 is better by 0.2, 0.4, 0.3, 0.3 and 0.3 points: mean 0.3, standard deviation sqrt(0.02 / 4).
std::vector<LedgerEntry> clear_winner() {
  return entries_of({{"0.1", {0.902, 0.914, 0.903, 0.903, 0.913}}, {"0.03", {0.900, 0.910, 0.900, 0.900, 0.910}}});
}

TEST(Replicates, TrialsThatDifferInSeedAndFoldAloneAreOneConfiguration) {
  std::vector<LedgerEntry> entries;
  for (const char* fold : {"0", "1"}) {
    for (const int seed : {1, 2}) {
      LedgerEntry entry = entry_of("0.1", seed, 0.5);
      entry.trial.parameters.insert(entry.trial.parameters.begin(), {"data.fold", fold});
      entries.push_back(entry);
    }
  }
  const auto report = compare_replicates(entries, false);
  ASSERT_EQ(report.configurations.size(), 1U);
  EXPECT_EQ(report.configurations[0].parameters, (Parameters{{"optim.lr", "0.1"}}));
  EXPECT_EQ(report.configurations[0].spread.count, 4U);
}

TEST(Replicates, MeanAndStandardDeviationAreThoseOfTheSample) {
  const Spread spread = measure_spread({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(spread.count, 8U);
  EXPECT_EQ(spread.mean, 5);
  EXPECT_NEAR(*spread.standard_deviation, 2.13809, 1e-5);  // sqrt(32 / 7)
  EXPECT_EQ(measure_spread({3}).standard_deviation, std::nullopt);
}

TEST(Replicates, TheIntervalOfPairedDifferencesIsStudents) {
  const auto report = compare_replicates(clear_winner(), false);
  EXPECT_EQ(report.configurations[0].parameters[0].second, "0.1");
  const Comparison& comparison = report.comparisons.at(0);
  EXPECT_NEAR(comparison.advantage.mean, 0.003, 1e-12);
  EXPECT_NEAR(*comparison.half_width, 2.776 * 0.000707107 / 2.236068, 1e-7);
  EXPECT_TRUE(comparison.is_told_apart());
}

TEST(Replicates, IntervalsFollowTheTableOfStudentsT) {
  const std::map<int, double> table = {{1, 12.706}, {2, 4.303}, {4, 2.776}, {9, 2.262}};
  for (const auto& [freedom, quantile] : table) {
    std::vector<double> good, bad;
    for (int i = 0; i <= freedom; ++i) {
      good.push_back(1 + i);
      bad.push_back(0);
    }
    const auto report = compare_replicates(entries_of({{"good", good}, {"bad", bad}}), false);
    const auto& comparison = report.comparisons.at(0);
    const double scale = *comparison.advantage.standard_deviation / std::sqrt(freedom + 1.0);
    EXPECT_NEAR(*comparison.half_width / scale, quantile, 5e-4);
  }
}

TEST(Replicates, NoiseThatIsCommonToAllSeedsDoesNotHideADifference) {
  // Scores differ by ten points from seed to seed, the difference by a tenth.
  const auto report = compare_replicates(entries_of({{"a", {0.501, 0.602, 0.703}}, {"b", {0.5, 0.6, 0.7}}}), false);
  EXPECT_FALSE(report.comparisons[0].is_told_apart());  // 0.002 ± 0.00248
  const auto more = compare_replicates(
      entries_of({{"a", {0.501, 0.602, 0.703, 0.402, 0.302}}, {"b", {0.5, 0.6, 0.7, 0.4, 0.3}}}), false);
  EXPECT_TRUE(more.comparisons[0].is_told_apart());
}

TEST(Replicates, OnlyCommonSeedsArePairedAndOneSeedProvesNothing) {
  auto entries = entries_of({{"a", {0.9, 0.8}}});
  entries.push_back(entry_of("b", 1, 0.5));
  entries.push_back(entry_of("b", 7, 0.1));
  const auto report = compare_replicates(entries, false);
  EXPECT_EQ(report.comparisons[0].advantage.count, 1U);
  EXPECT_NEAR(report.comparisons[0].advantage.mean, 0.3, 1e-12);
  EXPECT_FALSE(report.comparisons[0].is_told_apart());
}

TEST(Replicates, TrialsThatAreNotDoneAndConfigurationsWithFewOfThemDoNotLead) {
  auto entries = entries_of({{"a", {0.8, 0.8, 0.8}}, {"b", {0.9}}});
  entries.push_back(entry_of("a", 9, 0.1, TrialState::stopped));
  const auto report = compare_replicates(entries, false);
  EXPECT_EQ(report.configurations[0].parameters[0].second, "a");
  EXPECT_EQ(report.configurations[0].spread.count, 3U);
}

TEST(Replicates, SmallerWinsWhereItIsBetterAndTheAdvantageIsPositive) {
  const auto report = compare_replicates(entries_of({{"a", {1.0, 1.1}}, {"b", {1.5, 1.6}}}), true);
  EXPECT_EQ(report.configurations[0].parameters[0].second, "a");
  EXPECT_NEAR(report.comparisons[0].advantage.mean, 0.5, 1e-12);
}

TEST(ReplicatesText, SaysWhoBeatsWhomByHowMuch) {
  EXPECT_THAT(describe_replicates(compare_replicates(clear_winner(), false), "top1", 10),
              testing::ElementsAre("optim.lr=0.1: top1 90.70 % on average, standard deviation 0.60 points (5 seeds)",
                                   "optim.lr=0.1 beats optim.lr=0.03 by 0.30 ± 0.09 points (5 seeds)"));
}

TEST(ReplicatesText, SaysWhatCannotBeToldApart) {
  const auto report = compare_replicates(entries_of({{"a", {1.0, 1.2}}, {"b", {1.1, 1.2}}}), true);
  EXPECT_EQ(describe_replicates(report, "mre_mm", 10).back(),
            "optim.lr=a and optim.lr=b are not told apart: 0.050 ± 0.635 mm (2 seeds)");
}

TEST(ReplicatesText, SaysNothingWithoutReplicatesAndOnlySoMuchOfMany) {
  EXPECT_TRUE(describe_replicates(compare_replicates(entries_of({{"a", {1}}, {"b", {2}}}), false), "loss", 10).empty());
  const auto report =
      compare_replicates(entries_of({{"a", {1, 1}}, {"b", {2, 2}}, {"c", {3, 3}}, {"d", {4, 4}}}), false);
  const auto lines = describe_replicates(report, "top1", 1);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines.back(), "2 more in replicates.csv");
}

TEST(ReplicatesText, ScriptsReadTheSameNumbers) {
  const auto report = compare_replicates(entries_of({{"a", {1, 2}}, {"b", {0.25, 1.25}}, {"c", {0.5}}}), false);
  EXPECT_EQ(write_replicates_csv(report),
            "optim.lr,replicates,mean,standard_deviation,common,best_is_better_by,half_width_95,verdict\n"
            "a,2,1.5,0.7071067811865476,,,,best\n"
            "b,2,0.75,0.7071067811865476,2,0.75,0,beaten\n"
            "c,1,0.5,,1,0.5,,not told apart\n");
  const auto rows = replicates_to_json(report);
  EXPECT_EQ(rows[1]["optim.lr"], "b");
  EXPECT_EQ(rows[1]["best_is_better_by"], 0.75);
  EXPECT_TRUE(rows[2]["standard_deviation"].is_null());
  EXPECT_EQ(rows[2]["verdict"], "not told apart");
}

}  // namespace
}  // namespace hpctrain::sweep
