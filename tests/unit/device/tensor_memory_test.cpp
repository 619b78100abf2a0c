// What is held is counted by hand: sizes of tensors that the test makes itself.
#include "device/tensor_memory.hpp"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <new>
#include <stdexcept>

namespace hpctrain::device {
namespace {

constexpr std::int64_t kElements = std::int64_t{1} << 20;  // 4 MiB of float32
constexpr std::uint64_t kBytes = kElements * 4;
constexpr std::uint64_t kSlack = 1 << 16;  // malloc rounds up

class TensorMemory : public testing::Test {
 protected:
  void SetUp() override { meter_host_tensors(); }
  void TearDown() override { limit_memory(torch::kCPU, std::nullopt); }

  static std::uint64_t held() { return read_memory_use(torch::kCPU).allocated_bytes; }
};

TEST_F(TensorMemory, WhatTensorsHoldIsCountedUntilTheyGo) {
  const std::uint64_t before = held();
  {
    const auto tensor = torch::zeros({kElements});
    EXPECT_GE(held() - before, kBytes);
    EXPECT_LE(held() - before, kBytes + kSlack);
    const auto view = tensor.narrow(0, 0, 5);
    EXPECT_LE(held() - before, kBytes + kSlack);
  }
  EXPECT_EQ(held(), before);
}

TEST_F(TensorMemory, ThePeakRemembersWhatIsGoneUntilItBeginsAnew) {
  restart_memory_peak(torch::kCPU);
  const std::uint64_t before = held();
  { const auto two = torch::zeros({2 * kElements}); }
  { const auto one = torch::zeros({kElements}); }
  EXPECT_GE(read_memory_use(torch::kCPU).peak_allocated_bytes, before + 2 * kBytes);
  EXPECT_LE(read_memory_use(torch::kCPU).peak_allocated_bytes, before + 2 * kBytes + kSlack);
  restart_memory_peak(torch::kCPU);
  EXPECT_EQ(read_memory_use(torch::kCPU).peak_allocated_bytes, before);
}

TEST_F(TensorMemory, TensorsBeyondTheLimitAreRefusedAndOthersStillMade) {
  limit_memory(torch::kCPU, held() + 2 * kBytes);
  const auto first = torch::zeros({kElements});
  EXPECT_THROW(torch::zeros({2 * kElements}), c10::OutOfMemoryError);
  const auto second = torch::zeros({kElements / 2});
  EXPECT_EQ(second.sum().item<float>(), 0);
  limit_memory(torch::kCPU, std::nullopt);
  EXPECT_EQ(torch::ones({2 * kElements}).sum().item<float>(), 2 * kElements);
}

TEST_F(TensorMemory, ATensorThatGrowsAndOneThatIsMovedAreCountedOnce) {
  const std::uint64_t before = held();
  {
    auto tensor = torch::zeros({16});
    tensor.resize_({kElements});
    const auto moved = std::move(tensor);
    EXPECT_LE(held() - before, kBytes + kSlack);
    EXPECT_GE(held() - before, kBytes);
  }
  EXPECT_EQ(held(), before);
}

TEST(LackOfMemory, IsToldFromOtherFailures) {
  EXPECT_TRUE(is_lack_of_memory(std::bad_alloc()));
  EXPECT_FALSE(is_lack_of_memory(std::runtime_error("shapes differ")));
  try {
    (void)torch::zeros({std::int64_t{1} << 50});
    FAIL() << "four petabytes were given";
  } catch (const std::exception& failure) {
    EXPECT_TRUE(is_lack_of_memory(failure)) << failure.what();
  }
}

}  // namespace
}  // namespace hpctrain::device
