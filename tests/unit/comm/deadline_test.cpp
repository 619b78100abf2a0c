#include "comm/deadline.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace hpctrain::comm {
namespace {

TEST(DeadlineDeathTest, EndsAProcessThatWaitsForEverAfterItsLastWords) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const Deadline deadline(std::chrono::milliseconds(50), 76, [] { std::fputs("still waiting\n", stderr); });
        std::this_thread::sleep_for(std::chrono::seconds(60));
      },
      testing::ExitedWithCode(76), "still waiting");
}

TEST(Deadline, OneThatIsMetSaysNothing) {
  bool has_spoken = false;
  {
    const Deadline deadline(std::chrono::hours(1), 76, [&] { has_spoken = true; });
  }
  EXPECT_FALSE(has_spoken);
}

}  // namespace
}  // namespace hpctrain::comm
