#include "monitor/rank_ledger.hpp"

#include <unistd.h>

#include <fstream>
#include <system_error>

namespace hpctrain::monitor {
namespace {

PhaseSeconds mean_of(std::span<const RankLedger> ledgers, PhaseSeconds RankLedger::*part) noexcept {
  PhaseSeconds mean;
  for (const RankLedger& ledger : ledgers) {
    for (std::size_t i = 0; i < kPhaseCount; ++i) {
      mean.seconds[i] += (ledger.*part).seconds[i] / static_cast<double>(ledgers.size());
    }
  }
  return mean;
}

}  // namespace

double ProcessorSeconds::waiting_share() const noexcept {
  const double able = running + waiting;
  return able > 0 ? waiting / able : 0;
}

RankLedger RankLedger::since(const RankLedger& earlier) const noexcept {
  RankLedger difference = *this;
  difference.phases = phases.since(earlier.phases);
  difference.device_phases = device_phases.since(earlier.device_phases);
  difference.processors.running -= earlier.processors.running;
  difference.processors.waiting -= earlier.processors.waiting;
  difference.gpu = gpu.since(earlier.gpu);
  return difference;
}

PhaseSeconds mean_phases(std::span<const RankLedger> ledgers) noexcept {
  return mean_of(ledgers, &RankLedger::phases);
}

PhaseSeconds mean_device_phases(std::span<const RankLedger> ledgers) noexcept {
  return mean_of(ledgers, &RankLedger::device_phases);
}

ProcessorSeconds read_processor_seconds(const std::filesystem::path& tasks) {
  ProcessorSeconds sum;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    // On the CPU, on a run queue, both in nanoseconds. A thread that has just ended has no file any more.
    std::ifstream file(task.path() / "schedstat");
    double running = 0, waiting = 0;
    if (!(file >> running >> waiting)) continue;
    sum.running += running / 1e9;
    sum.waiting += waiting / 1e9;
  }
  return sum;
}

std::uint64_t read_resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total_pages = 0, resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace hpctrain::monitor
