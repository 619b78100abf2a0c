// What reaches stderr and the log file, from which rank.
#include "core/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/terminal.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Log : public testing::Test {
 protected:
  ~Log() override { start_logging({}); }

  static std::string stderr_of(const LogSettings& settings) {
    testing::internal::CaptureStderr();
    start_logging(settings);
    log_info("info {}", 1);
    log_warning("warning {}", 2);
    log_error("error {}", 3);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, OneRankSpeaksWithoutAPrefix) {
  EXPECT_THAT(stderr_of({}),
              MatchesRegex("[0-9:]+ info: info 1\n[0-9:]+ warning: warning 2\n[0-9:]+ error: error 3\n"));
}

TEST_F(Log, ManyRanksSayWhoTheyAreAndOnlyRankZeroSaysInfo) {
  EXPECT_THAT(stderr_of({.rank = 0, .world = 4}), HasSubstr("info: [rank 0] info 1\n"));
  const std::string other = stderr_of({.rank = 3, .world = 4});
  EXPECT_THAT(other, Not(HasSubstr("info 1")));
  EXPECT_THAT(other, HasSubstr("warning: [rank 3] warning 2\n"));
  EXPECT_THAT(stderr_of({.rank = 3, .world = 4, .info_from_all_ranks = true}), HasSubstr("[rank 3] info 1"));
}

TEST_F(Log, CountsTheLinesThatReachedStderr) {
  stderr_of({.quiet = true});
  EXPECT_EQ(logged_lines(), 2U);
  stderr_of({});
  EXPECT_EQ(logged_lines(), 3U);
}

TEST_F(Log, QuietKeepsWarningsAndErrors) {
  const std::string text = stderr_of({.quiet = true});
  EXPECT_THAT(text, Not(HasSubstr("info 1")));
  EXPECT_THAT(text, HasSubstr("warning 2"));
  EXPECT_THAT(text, HasSubstr("error 3"));
}

TEST_F(Log, NothingGoesToStdout) {
  testing::internal::CaptureStdout();
  stderr_of({});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(Log, AFileKeepsInfoThatTheScreenDoesNot) {
  const test::TemporaryFolder folder;
  const LogSettings settings{.rank = 1, .world = 2, .quiet = true, .file = folder / "log/rank-1.log"};
  EXPECT_THAT(stderr_of(settings), Not(HasSubstr("info 1")));
  EXPECT_THAT(posix_file_system().read_file(folder / "log/rank-1.log"), HasSubstr("info: [rank 1] info 1\n"));
}

TEST_F(Log, AMessageStaysOneLineAndCannotSteerTheTerminal) {
  testing::internal::CaptureStderr();
  start_logging({});
  log_warning("{}", "two\nlines\033[2J");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("warning: two lines [2J\n"));
}

TEST_F(Log, AFileThatCannotBeOpenedIsAStorageError) {
  try {
    start_logging({.file = "/proc/none/log"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::storage);
    EXPECT_THAT(error.what(), HasSubstr("/proc/none/log"));
  }
}

TEST(Terminal, APipeIsNone) {
  testing::internal::CaptureStderr();
  const bool is_one = is_terminal(2), may_colour = may_use_colour(2);
  const int columns = terminal_columns(2, 72);
  testing::internal::GetCapturedStderr();
  EXPECT_FALSE(is_one);
  EXPECT_FALSE(may_colour);
  EXPECT_EQ(columns, 72);
}

}  // namespace
}  // namespace hpctrain
