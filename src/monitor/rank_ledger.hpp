// What one rank can say of where its time and memory went; gathered over ranks at an epoch's end. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <type_traits>

#include "monitor/gpu_use.hpp"
#include "monitor/step_clock.hpp"

namespace hpctrain::monitor {

/// Sums since the start of the process, of all its threads.
struct ProcessorSeconds {
  double running = 0;
  double waiting = 0;  ///< able to run, but no CPU was free

  /// Of the time in which a thread could run: how much it had no CPU. 0 … 1.
  double waiting_share() const noexcept;
  bool operator==(const ProcessorSeconds&) const = default;
};

struct RankLedger {
  PhaseSeconds phases{};         ///< by the host's clock
  PhaseSeconds device_phases{};  ///< as its GPU came to them; none on CPUs and with train.cuda-graph
  ProcessorSeconds processors{};
  double cpus = 0;            ///< that it may run on
  double resident_bytes = 0;  ///< memory of its process at this moment
  GpuUse gpu{};               ///< of its GPU; no samples: it has none, or the driver does not tell

  /// Where the time was lost: by the device's account where there is one, since a host may wait beside a device that
  /// has work, and go ahead of one that waits.
  const PhaseSeconds& exposed() const noexcept { return has_device_account() ? device_phases : phases; }
  bool has_device_account() const noexcept { return device_phases.total() > 0; }

  /// What came on top of `earlier`; CPUs and memory are those of now.
  RankLedger since(const RankLedger& earlier) const noexcept;
  bool operator==(const RankLedger&) const = default;
};
static_assert(std::is_trivially_copyable_v<RankLedger>, "ranks send it as bytes");

/// Mean over ranks.
PhaseSeconds mean_phases(std::span<const RankLedger> ledgers) noexcept;
PhaseSeconds mean_device_phases(std::span<const RankLedger> ledgers) noexcept;

/// As the kernel counts for every thread that lives now; zeros where it does not count.
///   `tasks`  /proc/self/task
///   cost     one small file for each thread
ProcessorSeconds read_processor_seconds(const std::filesystem::path& tasks);

/// Memory of this process that lies in RAM; 0 where the kernel does not say.
std::uint64_t read_resident_bytes();

}  // namespace hpctrain::monitor
