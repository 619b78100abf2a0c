// RUN/memory-rank-N.json: what held a rank's memory when it ran out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file_system.hpp"
#include "core/placement.hpp"
#include "train/memory_holdings.hpp"
#include "train/memory_rung.hpp"

namespace hpctrain::train {

/// What a rank can say of the memory it could not get.
struct LackOfMemory {
  std::string text;                ///< the allocator's: what was asked for, and what is held
  std::uint64_t held_bytes = 0;    ///< by tensors, at most, before it failed
  std::uint64_t device_bytes = 0;  ///< that its device has, the limit not regarded; 0: unknown
};

struct MemorySnapshot {
  Placement placement;
  std::uint64_t step = 0;  ///< the update that was under way
  LackOfMemory lack;
  std::optional<std::uint64_t> limit_bytes;
  MemoryRung rung;  ///< on which it happened
  std::uint64_t samples_at_once = 0;
  std::uint64_t slot_bytes = 0;  ///< of the loader, as far as they lie on the device
};

/// docs/formats/metrics.md gives the names. A later one of the rank replaces it.
///   errors   none: where it cannot be written, a warning
///   returns  its path; empty where there is none
std::string save_memory_snapshot(FileSystem& files, const std::filesystem::path& run_folder,
                                 const MemorySnapshot& snapshot, const checkpoint::TrainingState& state,
                                 const GradientBuckets& buckets);

}  // namespace hpctrain::train
