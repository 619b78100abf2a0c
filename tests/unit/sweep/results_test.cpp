#include "sweep/results.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/simulated_file_system.hpp"

namespace hpctrain::sweep {
namespace {

LedgerEntry entry_of(const std::string& name, TrialState state, std::optional<double> metric,
                     std::optional<std::uint64_t> epoch = std::nullopt) {
  LedgerEntry entry;
  entry.trial = {name, {{"optim.lr", "0.1"}}};
  entry.outcome.state = state;
  entry.outcome.metric = metric;
  entry.outcome.epoch = epoch;
  return entry;
}

std::vector<LedgerEntry> mixed() {
  LedgerEntry failed = entry_of("failed", TrialState::failed, std::nullopt);
  failed.outcome.code = 64;
  failed.outcome.message = "the loss is no number";
  return {failed,
          entry_of("early", TrialState::stopped, 0.99, 1),
          entry_of("good", TrialState::done, 0.8),
          entry_of("later", TrialState::stopped, 0.5, 3),
          entry_of("waiting", TrialState::waiting, std::nullopt),
          entry_of("best", TrialState::done, 0.9),
          entry_of("later and better", TrialState::stopped, 0.6, 3)};
}

TEST(Results, LossesAndLengthsAreBetterSmallerSharesAndRatesLarger) {
  for (const char* metric : {"loss", "val_loss", "mre_mm", "sd_px", "mre_px"}) EXPECT_TRUE(is_smaller_better(metric));
  for (const char* metric : {"top1", "sdr_2_0_mm", "sdr_2_0_px"}) EXPECT_FALSE(is_smaller_better(metric)) << metric;
}

TEST(Results, TrialsThatAreDoneStandBeforeStoppedOnesAndTheseByHowFarTheyCame) {
  std::vector<std::string> names;
  for (const auto& entry : sort_results(mixed(), "top1")) names.push_back(entry.trial.digest);
  EXPECT_EQ(names,
            (std::vector<std::string>{"best", "good", "later and better", "later", "early", "failed", "waiting"}));
}

TEST(Results, SmallerLossesAreBetter) {
  const auto sorted =
      sort_results({entry_of("worse", TrialState::done, 2.5), entry_of("better", TrialState::done, 1.5)}, "loss");
  EXPECT_EQ(sorted.front().trial.digest, "better");
}

TEST(Results, TheTableSaysAtWhichEpochATrialWasStopped) {
  const auto csv = write_results_csv(sort_results(mixed(), "top1"), {"optim.lr"}, "top1");
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "trial,state,optim.lr,top1,steps,seconds,stopped_epoch");
  EXPECT_NE(csv.find("later,stopped,0.1,0.5,0,0,3\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("best,done,0.1,0.9,0,0,\n"), std::string::npos) << csv;
}

TEST(Results, WithoutStoppedTrialsTheTableHasNoColumnForThem) {
  const auto csv = write_results_csv({entry_of("only", TrialState::done, 0.5)}, {"optim.lr"}, "top1");
  EXPECT_EQ(csv, "trial,state,optim.lr,top1,steps,seconds\nonly,done,0.1,0.5,0,0\n");
}

TEST(Results, ScriptsReadStopsAndFailures) {
  SimulatedFileSystem files;
  files.create_folders("/sweep");
  save_results(files, "/sweep", {mixed(), {"optim.lr"}, "top1"});
  const auto file = nlohmann::json::parse(files.read_file("/sweep/sweep.json"));
  EXPECT_EQ(file["metric"], "top1");
  EXPECT_EQ(file["axes"], nlohmann::json::array({"optim.lr"}));
  EXPECT_FALSE(file.contains("configurations"));
  const auto rows = nlohmann::json::parse(files.read_file("/sweep/results.json"));
  EXPECT_EQ(rows[0]["code"], 64);
  EXPECT_EQ(rows[0]["message"], "the loss is no number");
  EXPECT_EQ(rows[1]["state"], "stopped");
  EXPECT_EQ(rows[1]["stopped_epoch"], 1);
  EXPECT_FALSE(rows[2].contains("stopped_epoch"));
}

TEST(Results, ReplicatesAndBusyRanksStandBesideTheTrials) {
  SimulatedFileSystem files;
  files.create_folders("/sweep");
  const ReplicateReport replicates = compare_replicates(mixed(), false);
  save_results(files, "/sweep", {mixed(), {"optim.lr"}, "top1", replicates, {4, 10, 0.75, 10}});
  const auto file = nlohmann::json::parse(files.read_file("/sweep/sweep.json"));
  EXPECT_EQ(file["start"]["busy_share"], 0.75);
  EXPECT_EQ(file["start"]["idle_rank_seconds"], 10);
  EXPECT_EQ(file["configurations"].size(), 1U);
  EXPECT_TRUE(files.exists("/sweep/replicates.csv"));
}

}  // namespace
}  // namespace hpctrain::sweep
