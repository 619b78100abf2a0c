// Ledgers as real runs leave them, each with one planted cause, and the words that must come out.
#include "monitor/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "monitor/verdict_span.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::monitor {
namespace {

using testing::HasSubstr;

constexpr double kSpan = 100;  // seconds that every rank accounts for

/// A healthy rank: computes but for 4 s of everything else; what it does not do itself it waits for others.
RankLedger healthy() {
  RankLedger ledger;
  ledger.phases[Phase::forward] = 38;
  ledger.phases[Phase::backward] = 54;
  ledger.phases[Phase::make_batch] = 1;
  ledger.phases[Phase::optimizer] = 2;
  ledger.phases[Phase::other] = 1;
  ledger.phases[Phase::start] = 7;
  ledger.processors = {90, 1};
  ledger.cpus = 4;
  return ledger;
}

/// Ranks meet at every step, so all spend equal time: the rest of it lies in sums over ranks.
std::vector<RankLedger> meet(std::vector<RankLedger> ledgers, double seconds = kSpan) {
  for (RankLedger& ledger : ledgers) {
    ledger.phases[Phase::communication] += seconds + ledger.phases[Phase::start] - ledger.phases.total();
  }
  return ledgers;
}

RankLedger scaled(RankLedger ledger, double factor) {
  for (const Phase phase : {Phase::forward, Phase::backward, Phase::make_batch, Phase::optimizer, Phase::other}) {
    ledger.phases[phase] *= factor;
  }
  return ledger;
}

VerdictFacts facts_of(std::size_t ranks) {
  VerdictFacts facts;
  for (std::size_t rank = 0; rank < ranks; ++rank) facts.hosts.push_back("n" + std::to_string(rank / 2));
  facts.steps = 1000;
  facts.samples_per_step = 256;
  return facts;
}

Verdict judge(const std::vector<RankLedger>& ledgers) {
  return plan_verdict(ledgers, facts_of(ledgers.size()));
}

TEST(Verdict, ARunThatOnlyComputesIsComputeBound) {
  const Verdict verdict = judge(meet({healthy(), healthy(), healthy(), healthy()}));
  EXPECT_EQ(verdict.cause, Cause::compute);
  EXPECT_NEAR(verdict.share, 0.92, 1e-9);
  EXPECT_FALSE(verdict.rank);
  EXPECT_EQ(verdict.cure, "");
  EXPECT_EQ(verdict.speedup_without, 1);
  EXPECT_EQ(verdict.text(),
            "compute-bound: 92.0 % of the time is forward and backward passes (twice the ranks 1.8 times)");
}

TEST(Verdict, ASlowReaderOnOneRankIsNamed) {
  // Rank 2 waits for its reader 41 s, everybody else for rank 2.
  std::vector<RankLedger> ledgers(4, scaled(healthy(), 0.58));
  ledgers[2].phases[Phase::data_wait] = 41;
  for (const std::size_t other : {0, 1, 3}) ledgers[other].phases[Phase::data_wait] = 2;
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::data);
  EXPECT_EQ(verdict.rank, 2);
  EXPECT_EQ(verdict.host, "n1");
  EXPECT_NEAR(verdict.share, 0.41, 1e-9);
  EXPECT_NEAR(verdict.speedup_without, 1 / 0.59, 1e-9);
  EXPECT_THAT(verdict.text(),
              HasSubstr("data-bound on rank 2 (n1): it waits for data in 41.0 % of the time, the others "
                        "in 2.0 %; look at that machine's disk and load"));
  EXPECT_THAT(verdict.text(), HasSubstr("without it 1.7 times as fast"));
}

TEST(Verdict, ReadersThatAreSlowEverywhereBlameNobody) {
  std::vector<RankLedger> ledgers(3, scaled(healthy(), 0.6));
  for (RankLedger& ledger : ledgers) ledger.phases[Phase::data_wait] = 38;
  VerdictFacts facts = facts_of(3);
  facts.reader_threads = 2;
  Verdict verdict = plan_verdict(meet(ledgers), facts);
  EXPECT_EQ(verdict.cause, Cause::data);
  EXPECT_FALSE(verdict.rank);
  EXPECT_THAT(verdict.cure, HasSubstr("--data.threads (now 2)"));
  facts.decodes_pictures = true;
  EXPECT_THAT(plan_verdict(meet(ledgers), facts).cure, HasSubstr("smaller pictures"));
  facts.reads_over_network = true;
  EXPECT_THAT(plan_verdict(meet(ledgers), facts).cure, HasSubstr("--cache.mode replicate"));
}

TEST(Verdict, ARankThreeTimesSlowerIsTheStraggler) {
  std::vector<RankLedger> ledgers(4, scaled(healthy(), 1.0 / 3));
  ledgers[3] = healthy();
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::straggler);
  EXPECT_EQ(verdict.rank, 3);
  EXPECT_NEAR(verdict.share, 0.64, 1e-9);
  EXPECT_THAT(verdict.text(), HasSubstr("rank 3 (n1) is a straggler: it computes 3.0 times as long as the others"));
  EXPECT_THAT(verdict.cure, HasSubstr("look what else runs on that machine"));
}

TEST(Verdict, ARankWithFewerCpusIsToldSo) {
  std::vector<RankLedger> ledgers(2, scaled(healthy(), 0.5));
  ledgers[1] = healthy();
  ledgers[1].processors = {40, 60};
  ledgers[1].cpus = 1;
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::straggler);
  EXPECT_EQ(verdict.rank, 1);
  EXPECT_THAT(verdict.text(), HasSubstr("it had no CPU in 60.0 % of the time in which it could run (it may use 1, the "
                                        "others 4)"));
  EXPECT_THAT(verdict.cure, HasSubstr("--cpus-per-task"));
}

TEST(Verdict, ARankWithFewerCpusIsToldSoOnABusyMachineToo) {
  std::vector<RankLedger> ledgers(2, scaled(healthy(), 0.5));
  ledgers[0].processors = {40, 60};
  ledgers[1] = healthy();
  ledgers[1].processors = {10, 90};
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_THAT(verdict.finding, HasSubstr("it had no CPU in 90.0 % of the time"));
  EXPECT_THAT(verdict.cure, HasSubstr("--cpus-per-task"));
}

TEST(Verdict, RanksThatAllLackCpusBlameNobody) {
  std::vector<RankLedger> ledgers(4, healthy());
  for (RankLedger& ledger : ledgers) ledger.processors = {50, 50};
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::processors);
  EXPECT_FALSE(verdict.rank);
  EXPECT_THAT(verdict.cure, HasSubstr("fewer ranks on a node"));
  EXPECT_NEAR(verdict.share, 0.5 * 0.96, 1e-9);
}

TEST(Verdict, WhatHoldsRanksUpSaysMoreThanThatTheyLackCpus) {
  std::vector<RankLedger> ledgers(2, scaled(healthy(), 0.5));
  ledgers[1] = healthy();
  for (RankLedger& ledger : ledgers) ledger.processors = {50, 50};
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::straggler);
  EXPECT_EQ(verdict.rank, 1);
  EXPECT_THAT(verdict.finding, HasSubstr("ranks have no CPU in 50.0 % of the time"));
}

TEST(Verdict, ASlowCheckpointDiskIsNamedThoughOnlyRankZeroStandsStill) {
  std::vector<RankLedger> ledgers(2, scaled(healthy(), 0.7));
  ledgers[0].phases[Phase::checkpoint] = 30;
  Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::checkpoint);
  EXPECT_FALSE(verdict.rank);
  EXPECT_NEAR(verdict.share, 0.3, 1e-9);
  EXPECT_THAT(verdict.cure, HasSubstr("--checkpoint.every-steps"));
  VerdictFacts facts = facts_of(2);
  facts.saves_in_background = false;
  EXPECT_THAT(plan_verdict(meet(ledgers), facts).cure, HasSubstr("--checkpoint.async yes"));
}

TEST(Verdict, TinyBatchesAreNamedOnOneRankAndOnSeveral) {
  // 2 ms a step, half of it optimizer, bookkeeping and waking each other.
  RankLedger ledger = scaled(healthy(), 0.5);
  ledger.phases[Phase::optimizer] = 20;
  ledger.phases[Phase::other] = 18;
  VerdictFacts facts = facts_of(1);
  facts.steps = 50000;
  facts.samples_per_step = 2;
  const Verdict alone = plan_verdict(meet({ledger}), facts);
  EXPECT_EQ(alone.cause, Cause::small_batches);
  EXPECT_THAT(alone.text(), HasSubstr("small batches: a step has 2 samples for each rank and takes 2 ms"));
  EXPECT_THAT(alone.cure, HasSubstr("--train.batch"));
  // A step of half a millisecond goes by in launching operators, wherever in it they are launched.
  facts.steps = 200000;
  EXPECT_EQ(plan_verdict(meet({healthy()}), facts).cause, Cause::small_batches);
  ledger = scaled(healthy(), 0.5);
  facts.steps = 50000;
  facts.hosts = {"a", "b"};
  const Verdict together = plan_verdict(meet({ledger, ledger}), facts);
  EXPECT_EQ(together.cause, Cause::small_batches);
  EXPECT_THAT(together.cure, HasSubstr("fewer ranks"));
}

TEST(Verdict, LongStepsThatWaitForTheNetworkAreCommunicationBound) {
  const Verdict verdict = judge(meet({scaled(healthy(), 0.6), scaled(healthy(), 0.6)}));
  EXPECT_EQ(verdict.cause, Cause::communication);
  EXPECT_NEAR(verdict.share, 1 - 0.6 * 0.96, 1e-9);
  EXPECT_FALSE(verdict.rank);
  EXPECT_THAT(verdict.text(), HasSubstr("communication-bound"));
}

TEST(Verdict, WaitingForTheDeviceIsNotWorkOfTheHost) {
  RankLedger ledger = scaled(healthy(), 0.4);
  ledger.phases[Phase::other] += 60;
  VerdictFacts facts = facts_of(1);
  EXPECT_EQ(plan_verdict(meet({ledger}), facts).cause, Cause::small_batches);
  facts.is_on_gpu = true;
  EXPECT_EQ(plan_verdict(meet({ledger}), facts).cause, Cause::compute);
}

TEST(Verdict, TheDevicesAccountDecidesWhereThereIsOne) {
  VerdictFacts facts = facts_of(2);
  facts.is_on_gpu = true;
  // The host waits for data beside a device that has work, and launches sums that the device waits for.
  RankLedger ledger = scaled(healthy(), 0.6);
  ledger.phases[Phase::data_wait] += 40;
  EXPECT_EQ(plan_verdict(meet({ledger, ledger}), facts).cause, Cause::data);
  ledger.device_phases = healthy().phases;
  ledger.device_phases[Phase::communication] = 50;
  const Verdict verdict = plan_verdict(std::vector{ledger, ledger}, facts);
  EXPECT_EQ(verdict.cause, Cause::communication);
  EXPECT_NEAR(verdict.share, 50 / (ledger.device_phases.total() - ledger.device_phases[Phase::start]), 1e-9);
}

TEST(Verdict, WhatADeviceDoesNotWaitForHoldsNobodyUp) {
  // Two milliseconds a step; the host's optimizer and threads without CPUs are hidden behind a device that computes.
  RankLedger ledger = scaled(healthy(), 0.3);
  ledger.phases[Phase::optimizer] = 30;
  ledger.processors = {50, 50};
  VerdictFacts facts = facts_of(1);
  facts.is_on_gpu = true;
  facts.steps = 50000;
  ledger.device_phases[Phase::forward] = 40;
  ledger.device_phases[Phase::backward] = 57;
  ledger.device_phases[Phase::optimizer] = 3;
  ledger.phases[Phase::other] = 100 - ledger.phases.total() + ledger.phases[Phase::start];
  EXPECT_EQ(plan_verdict(std::vector{ledger}, facts).cause, Cause::compute);
  // A device that idles between steps does wait.
  ledger.device_phases[Phase::other] = 40;
  EXPECT_EQ(plan_verdict(std::vector{ledger}, facts).cause, Cause::small_batches);
}

TEST(Verdict, MuchEvaluationIsNamed) {
  RankLedger ledger = scaled(healthy(), 0.6);
  ledger.phases[Phase::evaluation] = 42;
  const Verdict verdict = judge(meet({ledger, ledger}));
  EXPECT_EQ(verdict.cause, Cause::evaluation);
  EXPECT_THAT(verdict.cure, HasSubstr("--eval.every-epochs"));
}

TEST(Verdict, SmallDifferencesBetweenRanksAreNoStraggler) {
  std::vector<RankLedger> ledgers(4, scaled(healthy(), 0.9));
  ledgers[1] = scaled(healthy(), 1.0);
  const Verdict verdict = judge(meet(ledgers));
  EXPECT_EQ(verdict.cause, Cause::compute);
}

TEST(Verdict, TheStartCountsForNothing) {
  std::vector<RankLedger> ledgers(2, healthy());
  ledgers[0].phases[Phase::start] = 5000;
  EXPECT_NEAR(judge(meet(ledgers)).share, 0.92, 1e-9);
  EXPECT_EQ(judge(std::vector<RankLedger>(2)).text(), "nothing measured");
}

TEST(Verdict, TwiceTheRanksHalvesWhatIsDoneForSamples) {
  PhaseSeconds phases;
  phases[Phase::forward] = 80;
  phases[Phase::optimizer] = 20;
  EXPECT_DOUBLE_EQ(forecast_twice_ranks(phases, 1), 100.0 / 60);
  // A ring over 4 ranks instead of 2 carries 3/4 instead of 1/2 of the bytes twice.
  phases[Phase::communication] = 20;
  EXPECT_DOUBLE_EQ(forecast_twice_ranks(phases, 2), 120.0 / 90);
  VerdictFacts facts = facts_of(2);
  facts.samples_per_step = 2;
  EXPECT_FALSE(plan_verdict(meet({healthy(), healthy()}), facts).speedup_twice_ranks);
}

TEST(Verdict, TheFileNamesCauseShareAndRank) {
  std::vector<RankLedger> ledgers(2, scaled(healthy(), 0.5));
  ledgers[1] = healthy();
  const nlohmann::json json = to_json(judge(meet(ledgers)));
  EXPECT_EQ(json.at("cause"), "straggler");
  EXPECT_EQ(json.at("rank"), 1);
  EXPECT_EQ(json.at("host"), "n0");
  EXPECT_NEAR(json.at("share").get<double>(), 0.48, 1e-9);
  EXPECT_FALSE(to_json(judge(meet({healthy()}))).contains("rank"));
}

TEST(Verdict, CausesHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int cause = 0; cause <= static_cast<int>(Cause::small_batches); ++cause) {
    names.insert(cause_name(static_cast<Cause>(cause)));
  }
  EXPECT_EQ(names.size(), 8u);
}

TEST(VerdictSpan, ShortEpochsAreJudgedTogether) {
  VerdictSpan span(facts_of(1));
  const auto at = [](double seconds, double data_wait) {
    RankLedger ledger;
    ledger.phases[Phase::forward] = seconds - data_wait;
    ledger.phases[Phase::data_wait] = data_wait;
    return std::vector{ledger};
  };
  EXPECT_FALSE(span.close_epoch(at(0.6, 0), 10));
  EXPECT_EQ(span.close_epoch(at(1.2, 0), 20)->cause, Cause::compute);
  EXPECT_FALSE(span.close_epoch(at(1.8, 0.6), 30));
  const auto verdict = span.close_epoch(at(2.4, 1.0), 40);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->cause, Cause::data);
  EXPECT_NEAR(verdict->share, 1.0 / 1.2, 1e-9);
  EXPECT_NEAR(span.close_run(at(2.4, 1.0), 40)->share, 1.0 / 2.4, 1e-9);
  EXPECT_FALSE(span.close_run(at(2.4, 1.0), 0));
}

TEST(RankLedger, ProcessorTimeIsTheSumOverThreads) {
  const test::TemporaryFolder folder;
  for (const auto& [thread, text] :
       {std::pair{"10", "3000000000 1000000000 7\n"}, {"11", "500000000 1500000000 2\n"}}) {
    std::filesystem::create_directories(folder / thread);
    std::ofstream(folder / thread / "schedstat") << text;
  }
  std::filesystem::create_directories(folder / "12");
  const ProcessorSeconds seconds = read_processor_seconds(folder.path());
  EXPECT_EQ(seconds, (ProcessorSeconds{3.5, 2.5}));
  EXPECT_DOUBLE_EQ(seconds.waiting_share(), 2.5 / 6);
  EXPECT_EQ(read_processor_seconds(folder / "nowhere"), ProcessorSeconds());
}

TEST(RankLedger, MemoryOfThisProcessGrowsWithWhatItTouches) {
  const std::uint64_t before = read_resident_bytes();
  const std::vector<char> touched(64 << 20, 1);
  EXPECT_GT(read_resident_bytes(), before + (32u << 20)) << touched.back();
}

TEST(RankLedger, TheMeanIsOverRanks) {
  std::vector<RankLedger> ledgers(2);
  ledgers[0].phases[Phase::forward] = 1;
  ledgers[1].phases[Phase::forward] = 3;
  EXPECT_EQ(mean_phases(ledgers)[Phase::forward], 2);
}

}  // namespace
}  // namespace hpctrain::monitor
