// Time and the names made from it.
#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <set>
#include <string>

#include "core/run_identifier.hpp"

namespace hpctrain {
namespace {

TEST(Clock, StampIsCompactUtc) {  // date -u -d 2026-11-21T11:45:00Z +%s
  EXPECT_EQ(utc_stamp(1795261500), "20261121T114500Z");
  EXPECT_EQ(utc_stamp(1795261500.999), "20261121T114500Z");
  EXPECT_EQ(utc_stamp(1709251199), "20240229T235959Z");
  EXPECT_EQ(utc_stamp(0), "19700101T000000Z");
}

TEST(Clock, UnixSecondsAgreeWithTheSystem) {
  EXPECT_NEAR(unix_seconds(), static_cast<double>(std::time(nullptr)), 2.0);
}

TEST(Clock, SteadySecondsNeverGoBack) {
  double last = steady_seconds();
  for (int i = 0; i < 1000; ++i) {
    const double now = steady_seconds();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GE(Stopwatch().seconds(), 0.0);
}

TEST(RunIdentifier, RandomNamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(random_hex(8));
  EXPECT_EQ(names.size(), 1000u);
  EXPECT_EQ(names.begin()->size(), 16u);
  EXPECT_EQ(names.begin()->find_first_not_of("0123456789abcdef"), std::string::npos) << *names.begin();
  EXPECT_EQ(random_hex(0), "");
}

TEST(RunIdentifier, FolderNameTellsTaskAndTime) {
  EXPECT_EQ(run_folder_name("classification", 1795261500, "9f3c"), "classification-20261121T114500Z-9f3c");
}

}  // namespace
}  // namespace hpctrain
