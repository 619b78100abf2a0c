#include "tools/ledger_cost.hpp"

#include "core/clock.hpp"
#include "core/heartbeat.hpp"
#include "monitor/run_diary.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::tools {
namespace {

using monitor::Phase;

double measure_switch() {
  constexpr int kTimers = 200'000;
  Heartbeat heartbeat;
  monitor::StepClock clock;
  clock.publish_to(heartbeat);
  const Stopwatch watch;
  // A timer switches twice.
  for (int i = 0; i < kTimers; ++i) const monitor::PhaseTimer timer(clock, Phase::forward);
  return watch.seconds() / (2.0 * kTimers);
}

double measure_line(const std::filesystem::path& folder) {
  constexpr int kLines = 4'000;  // fewer than may wait, so that posting one never does
  monitor::RunDiary diary(folder, {});
  diary.record({}, monitor::RunEvent{});
  monitor::StepEvent event{.loss = 0.6931471805599453, .lr = 0.05, .samples_per_second = 1234.5};
  for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) event.phases.seconds[i] = 1e-3 * static_cast<double>(i + 1);
  const Stopwatch watch;
  for (int i = 0; i < kLines; ++i) diary.record({.step = static_cast<std::uint64_t>(i)}, event);
  // Another thread's work, but where there is one CPU it is this one's too.
  diary.finish();
  return watch.seconds() / kLines;
}

}  // namespace

LedgerCost measure_ledger_cost(const std::filesystem::path& folder) {
  return {.switch_seconds = measure_switch(), .line_seconds = measure_line(folder)};
}

}  // namespace hpctrain::tools
