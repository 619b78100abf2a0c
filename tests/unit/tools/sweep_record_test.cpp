// Results of a sweep as its files say them, and which axis decided.
#include "tools/sweep_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::tools {
namespace {

using testing::ElementsAre;

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

SweepRecord sweep_with(const std::vector<std::pair<std::map<std::string, std::string>, double>>& trials) {
  SweepRecord record{.name = "s", .metric = "top1", .axes = {"optim.lr", "train.seed"}, .trials = {}};
  for (const auto& [values, metric] : trials) {
    TrialRecord trial;
    trial.digest = "d";
    trial.state = "done";
    trial.values = values;
    trial.metric = metric;
    record.trials.push_back(trial);
  }
  return record;
}

TEST(SweepRecord, TheAxisThatDecidesIsTheImportantOne) {
  const auto importance = plan_importance(sweep_with({{{{"optim.lr", "0.1"}, {"train.seed", "1"}}, 0.9},
                                                      {{{"optim.lr", "0.1"}, {"train.seed", "2"}}, 0.91},
                                                      {{{"optim.lr", "1"}, {"train.seed", "1"}}, 0.2},
                                                      {{{"optim.lr", "1"}, {"train.seed", "2"}}, 0.19}}));
  ASSERT_EQ(importance.size(), 2u);
  EXPECT_EQ(importance[0].axis, "optim.lr");
  EXPECT_GT(importance[0].share, 0.99);
  EXPECT_EQ(importance[1].share, 0);
}

TEST(SweepRecord, ManyNumbersAreGrouped) {
  std::vector<std::pair<std::map<std::string, std::string>, double>> trials;
  for (int i = 0; i < 40; ++i) {
    trials.push_back({{{"optim.lr", std::to_string(0.01 * i)}, {"train.seed", std::to_string(i * 7 % 40)}}, 0.01 * i});
  }
  const auto importance = plan_importance(sweep_with(trials));
  EXPECT_EQ(importance[0].axis, "optim.lr");
  EXPECT_GT(importance[0].share, 0.9);
  EXPECT_LT(importance[1].share, 0.3);
}

TEST(SweepRecord, ResultsAndCurvesAreRead) {
  const test::TemporaryFolder folder;
  write_text(folder / "sweep.json", R"({"metric":"top1","axes":["optim.lr"]})");
  write_text(folder / "results.json",
             R"([{"trial":"abc","state":"done","optim.lr":"0.1","top1":0.9,"steps":10,
    "seconds":1.5},{"trial":"def","state":"failed","optim.lr":"9","top1":null,"steps":0,"seconds":0.1,"code":64,
    "message":"loss is <no> number"}])");
  write_text(folder / "trials/abc/run.ini", "");
  write_text(folder / "trials/abc/metrics.jsonl",
             R"({"event":"eval","epoch":0,"step":5,"split":"test","metrics":{"top1":0.8}})"
             "\n"
             R"({"event":"eval","epoch":1,"step":10,"split":"test","metrics":{"top1":0.9}})"
             "\n");
  const SweepRecord record = load_sweep_record(posix_file_system(), folder.path());
  EXPECT_EQ(record.metric, "top1");
  EXPECT_THAT(record.axes, ElementsAre("optim.lr"));
  ASSERT_EQ(record.trials.size(), 2u);
  ASSERT_EQ(record.trials[0].scores.size(), 2u);
  EXPECT_EQ(record.trials[0].scores[1].epoch, 2u);
  EXPECT_EQ(record.trials[0].scores[1].metric, 0.9);
  EXPECT_EQ(record.trials[1].message, "loss is <no> number");
  write_text(folder / "results.json", "[{}]");
  test::expect_error(Fault::data, {"results.json"}, [&] { load_sweep_record(posix_file_system(), folder.path()); });
}

}  // namespace
}  // namespace hpctrain::tools
