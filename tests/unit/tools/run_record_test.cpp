// What counts of a diary that several starts wrote, some of them killed.
#include "tools/run_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
#include "tools/run_report.hpp"

namespace hpctrain::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string step_line(int step, double loss) {
  return R"({"event":"step","epoch":0,"step":)" + std::to_string(step) + R"(,"loss":)" + std::to_string(loss) +
         R"(,"lr":0.1,"samples_per_second":100.0,"phase_seconds":{"forward":1.5,"new_phase":0.5}})" + "\n";
}

std::vector<double> losses_of(const RunRecord& record) {
  std::vector<double> losses;
  for (const auto& step : record.steps) losses.push_back(step.loss.value_or(-1));
  return losses;
}

TEST(RunRecord, LinesThatALaterStartMadeVoidAreLeftOut) {
  const test::TemporaryFolder folder;
  write_text(folder / "run.ini", "[optim]\nlr = 0.1\n# words\n[data]\ndir = /a = b\n");
  write_text(folder / "metrics.jsonl",
             R"({"event":"run","epoch":0,"step":0,"world":2})"
             "\n" +
                 step_line(1, 4) + step_line(2, 3) + step_line(3, 9) +
                 R"({"event":"eval","epoch":0,"step":3,"split":"test","metrics":{"top1":0.5}})"
                 "\n"
                 R"({"event":"run","epoch":0,"step":2,"world":4,"resumed_from":2})"
                 "\n" +
                 step_line(3, 2) +
                 R"({"event":"eval","epoch":0,"step":3,"split":"test","metrics":{"top1":0.75}})"
                 "\n");
  const RunRecord record = load_run_record(posix_file_system(), folder.path());
  EXPECT_THAT(losses_of(record), ElementsAre(4, 3, 2));
  ASSERT_EQ(record.events.at("eval").size(), 1u);
  EXPECT_EQ(record.last("eval")->at("metrics").at("top1"), 0.75);
  EXPECT_EQ(record.events.at("run").size(), 2u);
  EXPECT_EQ(record.steps[0].phases[monitor::Phase::forward], 1.5);
  EXPECT_EQ(record.steps[0].phases[monitor::Phase::other], 0.5);
  EXPECT_THAT(record.config, ElementsAre(std::pair<std::string, std::string>{"optim.lr", "0.1"},
                                         std::pair<std::string, std::string>{"data.dir", "/a = b"}));
}

TEST(RunRecord, HowAStartEndedIsNoNewsOfTheOneThatGoesOnThere) {
  const test::TemporaryFolder folder;
  write_text(folder / "run.ini", "");
  const std::string first_start =
      R"({"event":"run","epoch":0,"step":0,"world":2})"
      "\n" +
      step_line(1, 4) +
      R"({"event":"verdict","epoch":0,"step":1,"scope":"epoch","cause":"data","text":"waits"})"
      "\n"
      R"({"event":"verdict","epoch":0,"step":1,"scope":"run","cause":"data","text":"all in all"})"
      "\n"
      R"({"event":"end","epoch":0,"step":1,"reason":"wall time","samples_per_second":10.0})"
      "\n";
  write_text(folder / "metrics.jsonl", first_start + R"({"event":"run","epoch":0,"step":1,"world":4,"resumed_from":1})"
                                                     "\n");
  const RunRecord record = load_run_record(posix_file_system(), folder.path());
  EXPECT_EQ(record.last("end"), nullptr);
  ASSERT_EQ(record.events.at("verdict").size(), 1u);
  EXPECT_EQ(record.last("verdict")->at("text"), "waits");
  EXPECT_THAT(losses_of(record), ElementsAre(4));
}

TEST(RunRecord, AFileThatBeganLaterGoesOnWhereTheOneBeforeEnded) {
  const test::TemporaryFolder folder;
  const std::string again = R"({"event":"run","epoch":0,"step":0,"world":2,"continues":true})"
                            "\n";
  write_text(folder / "run.ini", "");
  write_text(folder / "metrics-before.jsonl", R"({"event":"run","epoch":0,"step":0,"world":2})"
                                              "\n" +
                                                  step_line(1, 4) + step_line(2, 3));
  write_text(folder / "metrics.jsonl", again + step_line(3, 2));
  const RunRecord record = load_run_record(posix_file_system(), folder.path());
  EXPECT_THAT(losses_of(record), ElementsAre(4, 3, 2));
  EXPECT_EQ(record.events.at("run").size(), 1u);
  // The file with the start has gone.
  write_text(folder / "metrics-before.jsonl", again + step_line(2, 3));
  const RunRecord later = load_run_record(posix_file_system(), folder.path());
  EXPECT_THAT(losses_of(later), ElementsAre(3, 2));
  EXPECT_EQ(later.last("run")->at("world"), 2);
}

TEST(RunRecord, AStartWithoutCheckpointVoidsAllBeforeIt) {
  const test::TemporaryFolder folder;
  write_text(folder / "run.ini", "");
  write_text(folder / "metrics.jsonl", R"({"event":"run","epoch":0,"step":0})"
                                       "\n" +
                                           step_line(1, 4) + step_line(2, 3) +
                                           R"({"event":"run","epoch":0,"step":0})"
                                           "\n" +
                                           step_line(1, 7));
  EXPECT_THAT(losses_of(load_run_record(posix_file_system(), folder.path())), ElementsAre(7));
}

TEST(RunRecord, TornAndStrangeLinesAreCountedNotFatal) {
  const test::TemporaryFolder folder;
  write_text(folder / "run.ini", "");
  write_text(folder / "exit.json", "{ torn");
  write_text(folder / "metrics.jsonl",
             "{\"event\":\"step\",\"st\n[1,2]\n\n{\"event\":7}\n" + step_line(1, 4) +
                 R"({"event":"step","epoch":0,"step":2,"loss":null,"lr":0.1,"samples_per_second":1})"
                 "\n");
  const RunRecord record = load_run_record(posix_file_system(), folder.path());
  EXPECT_EQ(record.unreadable_lines, 3u);
  EXPECT_THAT(losses_of(record), ElementsAre(4, -1));
  EXPECT_FALSE(record.exit);
  EXPECT_THAT(make_run_report(record), HasSubstr("3 lines of metrics.jsonl could not be read"));
}

TEST(RunRecord, AFolderWithoutARunIsRefused) {
  const test::TemporaryFolder folder;
  test::expect_error(Fault::usage, {"run.ini", "sweep.json"},
                     [&] { load_run_record(posix_file_system(), folder.path()); });
}

}  // namespace
}  // namespace hpctrain::tools
