// The lines as a script reads them: names, order of life, and what happens when the disk refuses.
#include "monitor/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/file_system.hpp"
#include "core/log.hpp"
#include "support/temporary_folder.hpp"
#include "unit/monitor/support/metrics_lines.hpp"

namespace hpctrain::monitor {
namespace {

using nlohmann::json;
using test::lines_of;
using testing::HasSubstr;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Metrics, EveryLineSaysWhatAndWhen) {
  const test::TemporaryFolder folder;
  MetricsWriter writer(folder.path());
  writer.record({0, 0, 0.5, 1e9}, RunEvent{});
  writer.record({1, 0, 0.5, 1e9}, StepEvent{});
  writer.record({1, 0, 0.5, 1e9}, EpochEvent{});
  writer.record({1, 0, 0.5, 1e9}, EvalEvent{});
  writer.record({1, 0, 0.5, 1e9}, CheckpointEvent{});
  writer.record({1, 0, 0.5, 1e9}, VerdictEvent{});
  writer.record({2, 1, 0.5, 1e9}, EndEvent{});
  const std::vector<json> lines = lines_of(folder);
  ASSERT_EQ(lines.size(), 7u);
  const std::vector<std::string> events = {"run", "step", "epoch", "eval", "checkpoint", "verdict", "end"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("event"), events[i]);
    EXPECT_EQ(lines[i].at("seconds"), 0.5);
    EXPECT_EQ(lines[i].at("unix"), 1e9);
  }
  EXPECT_EQ(lines[6].at("step"), 2);
  EXPECT_EQ(lines[6].at("epoch"), 1);
}

TEST(Metrics, NamesAreThoseThatScriptsRelyOn) {
  PhaseSeconds phases;
  phases[Phase::forward] = 0.25;
  phases[Phase::communication] = 0.0000124;
  phases[Phase::other] = 0.0000001;
  EXPECT_EQ(to_json(StepEvent{0.5, 0.1, 5312, 0.034, phases, 4}),
            json::parse(R"({"loss":0.5,"lr":0.1,"samples_per_second":5312.0,"data_wait_share":0.034,
                            "phase_seconds":{"forward":0.25,"communication":0.000012},"ready_batches":4})"));
  EXPECT_EQ(to_json(EpochEvent{5000, phases, 1048576}),
            json::parse(R"({"samples_per_second":5000.0,"phase_seconds":{"forward":0.25,"communication":0.000012},
                            "resident_bytes":1048576})"));
  EXPECT_EQ(to_json(EvalEvent{"test", {{"top1", 0.89}, {"loss", 0.31}}}),
            json::parse(R"({"split":"test","metrics":{"top1":0.89,"loss":0.31}})"));
  EXPECT_EQ(to_json(CheckpointEvent{0.25, 4096, "ckpt/step-10", "c0ffee"}),
            json::parse(R"({"save_seconds":0.25,"bytes":4096,"path":"ckpt/step-10","chain":"c0ffee"})"));
  EXPECT_EQ(to_json(EndEvent{"done", 5000, 0.02, phases, "ab12", {{"top1", 0.9}}}),
            json::parse(R"({"reason":"done","samples_per_second":5000.0,"data_wait_share":0.02,
                            "phase_seconds":{"forward":0.25,"communication":0.000012},
                            "state_digest":"ab12","best_metrics":{"top1":0.9}})"));
  EXPECT_EQ(to_json(EndEvent{.data = {{"stalls", 2}}}).at("data"), json::parse(R"({"stalls":2})"));
  EXPECT_EQ(to_json(EndEvent{.device_phases = phases}).at("device_phase_seconds"), to_json(phases));
  EXPECT_EQ(to_json(VerdictEvent{"skipped", {{"rank", 3}}}), json::parse(R"({"text":"skipped","rank":3})"));
}

TEST(Metrics, ResumedFromStandsOnlyOnAResume) {
  RunEvent event{"digest", 4, {}, {{"hpctrain", "0.1.0"}}};
  EXPECT_FALSE(to_json(event).contains("resumed_from"));
  event.resumed_from = 120;
  EXPECT_EQ(to_json(event), json::parse(R"({"config_digest":"digest","world":4,"resumed_from":120,
                                            "versions":{"hpctrain":"0.1.0"}})"));
}

TEST(Metrics, NumbersThatAreNotFiniteBecomeNull) {
  const test::TemporaryFolder folder;
  MetricsWriter writer(folder.path());
  writer.record({1, 0}, StepEvent{std::nan(""), INFINITY, 1, 0});
  const json line = lines_of(folder).at(0);
  EXPECT_TRUE(line.at("loss").is_null());
  EXPECT_TRUE(line.at("lr").is_null());
}

TEST(Metrics, NumbersKeepEveryDigit) {
  const test::TemporaryFolder folder;
  MetricsWriter writer(folder.path());
  const double loss = 2.302585092994046;
  writer.record({1, 0}, StepEvent{loss, 0.1, 1, 0});
  EXPECT_EQ(lines_of(folder).at(0).at("loss").get<double>(), loss);
}

TEST(Metrics, BytesThatAreNotTextDoNotStopTheLine) {
  const test::TemporaryFolder folder;
  MetricsWriter writer(folder.path());
  writer.record({1, 0}, VerdictEvent{"path \xff\xfe\nsecond line"});
  EXPECT_THAT(lines_of(folder).at(0).at("text").get<std::string>(), HasSubstr("\nsecond line"));
}

TEST(Metrics, ATornLineOfAKilledStartCostsOneLineOnly) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl") << "{\"event\":\"run\"}\n{\"event\":\"st";
  MetricsWriter(folder.path()).record({7, 0}, RunEvent{});
  const std::vector<json> lines = lines_of(folder);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("event"), "run");
  EXPECT_TRUE(lines[1].is_discarded());
  EXPECT_EQ(lines[2].at("step"), 7);
}

TEST(Metrics, TakeNoMoreThanTheyMay) {
  const test::TemporaryFolder folder;
  constexpr std::uint64_t kMostBytes = 4000;
  MetricsWriter writer(folder.path(), kMostBytes);
  for (std::uint64_t step = 1; step <= 100; ++step) {
    writer.record({step, 0}, StepEvent{});
    std::uint64_t bytes = 0, newest = 0;
    std::optional<std::uint64_t> before;
    for (const auto& path : metrics_files(folder.path())) {
      std::istringstream text(posix_file_system().read_file(path));
      bytes += text.str().size();
      for (std::string line; std::getline(text, line);) {
        newest = json::parse(line).at("step");
        // No gap: what was written last is there whole, back to where room ended.
        EXPECT_EQ(newest, before.value_or(newest - 1) + 1);
        before = newest;
      }
    }
    EXPECT_EQ(newest, step);
    EXPECT_LE(bytes, kMostBytes + 400);
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "metrics-before.jsonl"));
}

TEST(Metrics, ANewFileBeginsWithTheStartThatItBelongsTo) {
  const test::TemporaryFolder folder;
  MetricsWriter writer(folder.path(), 4000);
  writer.record({0, 0}, RunEvent{.world = 3, .resumed_from = 40});
  EXPECT_FALSE(lines_of(folder).at(0).contains("continues"));
  // Often enough that the file with the start has gone.
  std::uint64_t step = 40;
  while (step < 100 || lines_of(folder).size() < 2) writer.record({++step, 0}, StepEvent{});
  const json first = lines_of(folder).at(0);
  EXPECT_EQ(first.at("event"), "run");
  EXPECT_EQ(first.at("world"), 3);
  EXPECT_EQ(first.at("continues"), true);
  EXPECT_EQ(lines_of(folder).at(1).at("event"), "step");
}

TEST(Metrics, WhereNoOtherFileCanBeBegunNoLineIsLost) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "metrics-before.jsonl" / "in the way");
  testing::internal::CaptureStderr();
  start_logging({});
  MetricsWriter writer(folder.path(), 4000);
  for (std::uint64_t step = 1; step <= 30; ++step) writer.record({step, 0}, StepEvent{});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_of(folder).size(), 30u);
  // At half of what there may be, and when it grew by as much again.
  EXPECT_EQ(count_of(log, "outgrows monitor.metrics-mib"), 2u) << log;
}

TEST(Metrics, ALaterStartGoesOnCountingAnOldFile) {
  const test::TemporaryFolder folder;
  for (std::uint64_t step = 1; step <= 20; ++step) MetricsWriter(folder.path(), 4000).record({step, 0}, StepEvent{});
  EXPECT_TRUE(std::filesystem::exists(folder / "metrics-before.jsonl"));
}

TEST(Metrics, AFullDiskWarnsOnceAndTrainingGoesOn) {
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder / "metrics.jsonl");
  testing::internal::CaptureStderr();
  start_logging({});
  MetricsWriter writer(folder.path());
  for (int step = 0; step < 5; ++step) writer.record({1, 0}, StepEvent{});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count_of(log, "metrics are being lost"), 1u) << log;
  EXPECT_THAT(log, HasSubstr("No space left on device"));
}

TEST(Metrics, AMissingRunDirectoryWarnsOnceToo) {
  const test::TemporaryFolder folder;
  testing::internal::CaptureStderr();
  start_logging({});
  MetricsWriter writer(folder / "none");
  for (int step = 0; step < 5; ++step) writer.record({1, 0}, StepEvent{});
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(), "metrics are being lost"), 1u);
}

}  // namespace
}  // namespace hpctrain::monitor
