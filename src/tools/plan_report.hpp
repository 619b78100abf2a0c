// Everything that `hpctrain plan` found, as plain values, and its two forms: a table for people, JSON for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/memory_forecast.hpp"
#include "tools/run_forecast.hpp"

namespace hpctrain::tools {

/// One micro-batch at one image size in one number format.
struct PlanRow {
  std::string image;   ///< "224 × 224"
  std::string format;  ///< "fp16"
  std::uint64_t micro_batch = 0;
  std::optional<MemoryForecast> kept;        ///< activations are kept; empty: see `reason`
  std::optional<MemoryForecast> recomputed;  ///< where the network can
  std::string reason;                        ///< why this size cannot be trained at
};

/// The largest micro-batch that is safe.
struct PlanLargest {
  std::string image, format;
  std::optional<std::uint64_t> kept, recomputed;
  bool can_recompute = false;
};

struct PlanReport {
  std::string network, task;
  std::uint64_t parameters = 0;
  std::string data_words, device_words, probe_words;
  std::string card_name;
  CardMemory card;
  StateBytes state;
  std::vector<PlanRow> rows;
  std::vector<PlanLargest> largest;
  std::string time_words;  ///< what was timed
  RunShape shape;
  std::vector<TimeAtRanks> times;
  std::vector<int> refused_ranks;  ///< more than the global batch has samples
  std::string hours_name;          ///< "GPU-hours"
  double hours_per_rank_hour = 1;  ///< CPUs of a rank
  std::string node_words, network_words;
  int ranks_per_node = 1;
  std::uint64_t cache_bytes = 0;
  std::vector<std::string> caveats;
};

std::string describe_plan(const PlanReport& report);
std::string plan_to_json(const PlanReport& report);

/// "1.25": GiB of bytes, for columns.
std::string format_gib(std::uint64_t bytes);

}  // namespace hpctrain::tools
