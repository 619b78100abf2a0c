#include "monitor/running_mark.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace hpctrain::monitor {
namespace {

const RunningMark kMark{"n7", 4242, 1700000000.25};

TEST(RunningMark, ComesBackAsItWasWritten) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(load_running_mark(posix_file_system(), folder.path()));
  save_running_mark(posix_file_system(), folder.path(), kMark);
  EXPECT_EQ(load_running_mark(posix_file_system(), folder.path()), kMark);
}

TEST(RunningMark, IsRemovedByItsOwnStartOnly) {
  const test::TemporaryFolder folder;
  save_running_mark(posix_file_system(), folder.path(), kMark);
  remove_running_mark(posix_file_system(), folder.path(), kMark.started_unix - 10);
  EXPECT_TRUE(load_running_mark(posix_file_system(), folder.path()));
  remove_running_mark(posix_file_system(), folder.path(), kMark.started_unix);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "RUNNING"));
}

TEST(RunningMark, IsNoneWhereTheFileIsNone) {
  const test::TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", R"({"host": 3})"}) {
    std::ofstream(folder.path() / "RUNNING") << text;
    EXPECT_FALSE(load_running_mark(posix_file_system(), folder.path())) << text;
  }
}

TEST(KilledReport, SaysKilledOfAStartThatLeftNoReport) {
  ExitReport of_an_earlier_start;
  of_an_earlier_start.started_unix = kMark.started_unix - 100;
  for (const auto& last : {std::optional<ExitReport>(), std::optional(of_an_earlier_start)}) {
    const auto report = plan_killed_report(kMark, last);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->code, 75);
    EXPECT_EQ(report->cause, "killed");
    EXPECT_EQ(report->host, "n7");
    EXPECT_EQ(report->started_unix, kMark.started_unix);
  }
}

TEST(KilledReport, LeavesAReportOfTheSameStartAloneAndNeedsAMark) {
  ExitReport own;
  own.started_unix = kMark.started_unix;
  EXPECT_FALSE(plan_killed_report(kMark, own));
  EXPECT_FALSE(plan_killed_report(std::nullopt, std::nullopt));
}

}  // namespace
}  // namespace hpctrain::monitor
