// When lines are there for others to read.
#include "monitor/run_diary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"
#include "unit/monitor/support/metrics_lines.hpp"

namespace hpctrain::monitor {
namespace {

using nlohmann::json;
using test::lines_of;
using testing::ElementsAre;

std::vector<std::uint64_t> steps_of(const std::vector<json>& lines) {
  std::vector<std::uint64_t> steps;
  for (const auto& line : lines) steps.push_back(line.at("step"));
  return steps;
}

TEST(RunDiary, WhatIsNoStepIsWrittenAtOnceAndAllStepsBeforeIt) {
  const test::TemporaryFolder folder;
  RunDiary diary(folder.path(), {});
  diary.record({0, 0}, RunEvent{});
  for (std::uint64_t step = 1; step <= 3; ++step) diary.record({step, 0}, StepEvent{});
  diary.record({4, 0}, CheckpointEvent{});
  EXPECT_THAT(steps_of(lines_of(folder)), ElementsAre(0, 1, 2, 3, 4));
  diary.record({5, 0}, StepEvent{});
  diary.finish();
  EXPECT_THAT(steps_of(lines_of(folder)), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(RunDiary, StepsThatWaitAreWrittenWhenItEnds) {
  const test::TemporaryFolder folder;
  {
    RunDiary diary(folder.path(), {});
    diary.record({1, 0}, StepEvent{});
  }
  EXPECT_THAT(steps_of(lines_of(folder)), ElementsAre(1));
}

TEST(RunDiary, ALineSaysWhenSomethingHappenedAndNotWhenItWasWritten) {
  const test::TemporaryFolder folder;
  const double before = unix_seconds();
  RunDiary diary(folder.path(), {});
  diary.record({1, 0}, StepEvent{});
  const double after = unix_seconds(), seconds = diary.seconds();
  diary.finish();
  const json line = lines_of(folder).at(0);
  EXPECT_GE(line.at("unix").get<double>(), before);
  EXPECT_LE(line.at("unix").get<double>(), after);
  EXPECT_GE(line.at("seconds").get<double>(), 0);
  EXPECT_LE(line.at("seconds").get<double>(), seconds);
}

}  // namespace
}  // namespace hpctrain::monitor
