// How busy, full, warm and hungry a GPU was, from samples of its driver. Plain values that ranks send as bytes.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

namespace hpctrain::monitor {

struct RankLedger;

struct GpuUse {
  double samples = 0;              ///< taken since the start; 0: nobody asks a GPU
  double busy = 0;                 ///< sum over samples of the share of time in which a kernel ran, each 0 … 1
  double watts = 0;                ///< sum over samples
  double memory_bytes = 0;         ///< the most that was taken, by all processes
  double temperature_celsius = 0;  ///< the highest

  double busy_share() const noexcept { return samples > 0 ? busy / samples : 0; }
  double mean_watts() const noexcept { return samples > 0 ? watts / samples : 0; }
  /// What came on top of `earlier`; memory and temperature stay those of the whole start.
  GpuUse since(const GpuUse& earlier) const noexcept;
  bool operator==(const GpuUse&) const = default;
};

/// Over all ranks: sums of samples and watts for each GPU, the most memory, the highest temperature, and the rank whose
/// GPU was busy least.
struct GpuSummary {
  double busy_share = 0;  ///< mean over ranks
  double least_busy_share = 0;
  int least_busy_rank = 0;
  double watts_per_gpu = 0;
  double memory_bytes = 0;
  double temperature_celsius = 0;
};

/// Empty where no rank has samples.
std::optional<GpuSummary> summarize_gpus(std::span<const RankLedger> ledgers);

/// "96.0 % of the time, at most 31.2 GiB and 64 °C, 412 W; least rank 3 with 81.0 %".
std::string describe_gpus(const GpuSummary& gpus);
/// As metrics.jsonl has it.
nlohmann::json to_json(const GpuSummary& gpus);

}  // namespace hpctrain::monitor
