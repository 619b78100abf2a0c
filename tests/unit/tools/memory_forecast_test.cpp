#include "tools/memory_forecast.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"
#include "tools/gpu_cards.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kGib = 1ull << 30;

TEST(StateBytes, FollowFromTheOptimizerAndTheAverage) {
  train::TrainSettings train;
  train::OptimizerSettings optimizer;
  EXPECT_EQ(plan_state_bytes(train, optimizer, 1000, 10), (StateBytes{4000, 4000, 4000, 0, 0}));
  optimizer.momentum = 0;
  EXPECT_EQ(plan_state_bytes(train, optimizer, 1000, 10).optimizer, 0U);
  optimizer.kind = train::OptimizerKind::adamw;
  train.ema_decay = 0.999;
  EXPECT_EQ(plan_state_bytes(train, optimizer, 1000, 10), (StateBytes{4000, 4000, 8040, 4000, 0}));
}

TEST(MemoryCurve, GoesThroughItsPointsAndOnAlongTheLastLine) {
  const MemoryCurve curve({{2, 100}, {4, 140}, {8, 300}});
  EXPECT_EQ(curve.bytes(2), 100U);
  EXPECT_EQ(curve.bytes(3), 120U);
  EXPECT_EQ(curve.bytes(8), 300U);
  EXPECT_EQ(curve.bytes(16), 620U);
  EXPECT_EQ(curve.bytes(1), 80U);
  EXPECT_DOUBLE_EQ(curve.bytes_per_sample(), 40);
  EXPECT_DOUBLE_EQ(curve.fixed_bytes(), 0);
}

TEST(Fit, KeepsASeventhFreeForWhatNobodyForecasts) {
  const CardMemory card{6 * kGib, kGib};
  EXPECT_EQ(plan_fit(4 * kGib, card), Fit::safe);
  EXPECT_EQ(plan_fit(5 * kGib, card), Fit::tight);
  EXPECT_EQ(plan_fit(5 * kGib + 1, card), Fit::impossible);
  EXPECT_EQ(plan_fit(1, {kGib, 2 * kGib}), Fit::impossible);
}

TEST(LargestMicroBatch, IsTheLastThatIsSafe) {
  const CardMemory card{1000, 0};
  const auto largest = [&](std::uint64_t most, std::uint64_t per_sample) {
    return find_largest_micro_batch(card, most, [=](std::uint64_t samples) { return 50 + per_sample * samples; });
  };
  EXPECT_EQ(largest(1000, 100), 8U);
  EXPECT_EQ(largest(5, 100), 5U);
  EXPECT_EQ(largest(1000, 801), std::nullopt);
}

TEST(GpuCards, AreKnownBySizeAndByName) {
  for (const char* text : {"6", "6 GiB", "6gb", "6.0"}) {
    EXPECT_EQ(read_gpu_card(text).bytes, 6 * kGib) << text;
  }
  EXPECT_EQ(read_gpu_card("a100-40").bytes, 40 * kGib);
  EXPECT_EQ(read_gpu_card("rtx3060").name, "RTX 3060");
  EXPECT_EQ(read_gpu_card("H100-80").bytes, 80 * kGib);
}

TEST(GpuCards, ThatNobodyKnowsAreRefusedWithTheNearestOnes) {
  test::expect_error(Fault::usage, {"V100-16, V100-32"}, [] { read_gpu_card("V100"); });
  test::expect_error(Fault::usage, {"--card 6"}, [] { read_gpu_card("Voodoo"); });
  test::expect_error(Fault::usage, {"no card has that many"}, [] { read_gpu_card("0"); });
  test::expect_error(Fault::usage, {"RTX 3090"}, [] { read_gpu_card("RTX 3091"); });
}

}  // namespace
}  // namespace hpctrain::tools
