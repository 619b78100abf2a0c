#include "comm/deadline.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace hpctrain::comm {
namespace {

using namespace std::chrono_literals;

TEST(DeadlineDeathTest, EndsAProcessThatWaitsForEverAfterItsLastWords) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const Deadline deadline(50ms, 76, [] { std::fputs("still waiting\n", stderr); });
        std::this_thread::sleep_for(60s);
      },
      testing::ExitedWithCode(76), "still waiting");
}

TEST(Deadline, OneThatIsMetSaysNothing) {
  bool has_spoken = false;
  {
    const Deadline deadline(1h, 76, [&] { has_spoken = true; });
  }
  EXPECT_FALSE(has_spoken);
}

}  // namespace
}  // namespace hpctrain::comm
