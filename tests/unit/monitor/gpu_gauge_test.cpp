// The driver's library, stood in for by tests/support/fake_nvml.cpp; what ranks make of its samples.
#include "monitor/gpu_gauge.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/clock.hpp"
#include "monitor/rank_ledger.hpp"
#include "monitor/verdict.hpp"

namespace hpctrain::monitor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPlace = "0000:3B:00.0";

TEST(NvmlGpu, LooksAtTheGpuThatIsNamed) {
  const auto gpu = NvmlGpu::open(HPCTRAIN_FAKE_NVML, kPlace);
  ASSERT_NE(gpu, nullptr);
  const auto sample = gpu->look();
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->busy_share, 1.0);
  EXPECT_EQ(sample->memory_bytes, 2.0 * (1ULL << 30));
  EXPECT_EQ(sample->temperature_celsius, 61);
  EXPECT_DOUBLE_EQ(sample->watts, 250.5);
  EXPECT_FALSE(gpu->look().has_value()) << "the driver does not answer the second time";
}

TEST(NvmlGpu, IsNoneWhereLibraryFunctionOrGpuIsMissing) {
  EXPECT_EQ(NvmlGpu::open("/nowhere/libnvidia-ml.so.1", kPlace), nullptr);
  EXPECT_EQ(NvmlGpu::open("libc.so.6", kPlace), nullptr);
  EXPECT_EQ(NvmlGpu::open(HPCTRAIN_FAKE_NVML, "0000:FF:00.0"), nullptr);
}

TEST(GpuGauge, AddsUpWhatItSeesAndLeavesOutWhatFails) {
  const GpuGauge gauge(HPCTRAIN_FAKE_NVML, kPlace, std::chrono::milliseconds(1));
  const Stopwatch watch;
  while (gauge.use().samples < 3 && watch.seconds() < 60) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const GpuUse use = gauge.use();
  ASSERT_GE(use.samples, 3);
  // The first is busy all the time, the others half of it; a fourth look made the third sample.
  EXPECT_DOUBLE_EQ(use.busy, 1 + 0.5 * (use.samples - 1));
  EXPECT_DOUBLE_EQ(use.mean_watts(), 250.5);
  EXPECT_GE(use.temperature_celsius, 64);
}

TEST(GpuGauge, WithoutALibraryNothingIsEverSampled) {
  const GpuGauge gauge("/nowhere/libnvidia-ml.so.1", kPlace, std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(gauge.use(), GpuUse{});
}

RankLedger ledger_with(double samples, double busy) {
  RankLedger ledger;
  ledger.gpu = {
      .samples = samples, .busy = busy, .watts = 300 * samples, .memory_bytes = 4e9, .temperature_celsius = 70};
  return ledger;
}

TEST(GpuSummary, IsTheMeanOverRanksAndNamesTheOneThatIsBusyLeast) {
  const std::vector<RankLedger> ledgers = {ledger_with(10, 9), ledger_with(10, 2), ledger_with(0, 0)};
  const auto summary = summarize_gpus(ledgers);
  ASSERT_TRUE(summary.has_value());
  EXPECT_DOUBLE_EQ(summary->busy_share, 0.55);
  EXPECT_DOUBLE_EQ(summary->least_busy_share, 0.2);
  EXPECT_EQ(summary->least_busy_rank, 1);
  EXPECT_DOUBLE_EQ(summary->watts_per_gpu, 300);
  EXPECT_THAT(describe_gpus(*summary), HasSubstr("55.0 % of the time"));
  EXPECT_THAT(describe_gpus(*summary), HasSubstr("least rank 1 with 20.0 %"));
  EXPECT_EQ(to_json(*summary)["least_busy_rank"], 1);
  EXPECT_FALSE(summarize_gpus(std::vector<RankLedger>(2)).has_value());
}

TEST(GpuUse, OfASpanIsWhatCameOnTop) {
  const RankLedger span = ledger_with(10, 8).since(ledger_with(6, 6));
  EXPECT_DOUBLE_EQ(span.gpu.busy_share(), 0.5);
  EXPECT_EQ(span.gpu.memory_bytes, 4e9);
}

TEST(Verdict, SaysHowBusyTheGpuWasWhereDataAreLate) {
  RankLedger ledger = ledger_with(10, 2);
  ledger.phases[Phase::data_wait] = 8;
  ledger.phases[Phase::forward] = 2;
  const VerdictFacts facts{.steps = 100, .samples_per_step = 8, .is_on_gpu = true};
  EXPECT_THAT(plan_verdict(std::vector{ledger}, facts).finding, HasSubstr("the GPU was busy in 20.0 % of it"));
  ledger.gpu = {};
  EXPECT_THAT(plan_verdict(std::vector{ledger}, facts).finding, Not(HasSubstr("GPU")));
}

}  // namespace
}  // namespace hpctrain::monitor
