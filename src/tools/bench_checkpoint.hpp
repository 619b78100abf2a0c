// How fast this machine's disk takes checkpoints, beside the rate at which it takes the same bytes raw. (one process)
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/file_system.hpp"

namespace hpctrain::tools {

struct CheckpointBenchSettings {
  std::filesystem::path folder = ".";  ///< on the disk in question; a folder of its own is made in it and removed
  std::uint64_t state_bytes = 1'000'000'000;
  int rounds = 4;  ///< even, so that each side goes first as often: a disk may take its first second faster
};

/// Over all rounds, raw and checkpoint in turn.
struct CheckpointBenchReport {
  std::uint64_t state_bytes = 0;
  double raw_bytes_per_second = 0;         ///< write in 1 MiB pieces and fsync
  double checkpoint_bytes_per_second = 0;  ///< from start_save() to the durable commit
  double stall_seconds = 0;                ///< training stands still for: the copy into a slab, slabs being there
  /// Of the raw rate.
  double share() const noexcept {
    return raw_bytes_per_second > 0 ? checkpoint_bytes_per_second / raw_bytes_per_second : 0;
  }
};

///   errors  Fault::storage
CheckpointBenchReport run_checkpoint_bench(FileSystem& files, const CheckpointBenchSettings& settings);

}  // namespace hpctrain::tools
