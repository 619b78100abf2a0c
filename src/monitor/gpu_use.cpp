#include "monitor/gpu_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text_format.hpp"
#include "monitor/rank_ledger.hpp"

namespace hpctrain::monitor {

GpuUse GpuUse::since(const GpuUse& earlier) const noexcept {
  GpuUse difference = *this;
  difference.samples -= earlier.samples;
  difference.busy -= earlier.busy;
  difference.watts -= earlier.watts;
  return difference;
}

std::optional<GpuSummary> summarize_gpus(std::span<const RankLedger> ledgers) {
  GpuSummary summary;
  int ranks = 0;
  for (std::size_t rank = 0; rank < ledgers.size(); ++rank) {
    const GpuUse& gpu = ledgers[rank].gpu;
    if (!(gpu.samples > 0)) continue;
    if (ranks == 0 || gpu.busy_share() < summary.least_busy_share) {
      summary.least_busy_share = gpu.busy_share();
      summary.least_busy_rank = static_cast<int>(rank);
    }
    ++ranks;
    summary.busy_share += gpu.busy_share();
    summary.watts_per_gpu += gpu.mean_watts();
    summary.memory_bytes = std::max(summary.memory_bytes, gpu.memory_bytes);
    summary.temperature_celsius = std::max(summary.temperature_celsius, gpu.temperature_celsius);
  }
  if (ranks == 0) return std::nullopt;
  summary.busy_share /= ranks;
  summary.watts_per_gpu /= ranks;
  return summary;
}

std::string describe_gpus(const GpuSummary& gpus) {
  constexpr double kNotable = 0.05;
  std::string text = fmt::format("{} of the time, at most {} and {:.0f} °C, {:.0f} W", format_share(gpus.busy_share),
                                 format_bytes(static_cast<std::uint64_t>(gpus.memory_bytes)), gpus.temperature_celsius,
                                 gpus.watts_per_gpu);
  if (gpus.least_busy_share < gpus.busy_share - kNotable) {
    text += fmt::format("; least rank {} with {}", gpus.least_busy_rank, format_share(gpus.least_busy_share));
  }
  return text;
}

nlohmann::json to_json(const GpuSummary& gpus) {
  return {{"busy_share", gpus.busy_share},           {"least_busy_share", gpus.least_busy_share},
          {"least_busy_rank", gpus.least_busy_rank}, {"watts", gpus.watts_per_gpu},
          {"memory_bytes", gpus.memory_bytes},       {"temperature_celsius", gpus.temperature_celsius}};
}

}  // namespace hpctrain::monitor
