// Times of named pieces of work.
#include "device/work_times.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace hpctrain::device {
namespace {

TEST(WorkTimes, AddUpUnderTheirNamesAndHandTheResultOn) {
  WorkTimes times;
  const auto pause = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return 7;
  };
  EXPECT_EQ(times.measure("blur", torch::kCPU, pause), 7);
  times.measure("blur", torch::kCPU, pause);
  times.measure("noise", torch::kCPU, [] { return 0; });
  const auto seconds = times.seconds();
  ASSERT_EQ(seconds.size(), 2u);
  EXPECT_GE(seconds.at("blur"), 0.006);
  EXPECT_LT(seconds.at("noise"), seconds.at("blur"));
}

}  // namespace
}  // namespace hpctrain::device
