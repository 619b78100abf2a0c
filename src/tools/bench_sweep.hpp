// What a sweep itself costs: trials that do nothing but sleep, through the coordinator, ledger, queue and letters of
// real ones. (all ranks)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/mailbox.hpp"
#include "core/file_system.hpp"

namespace hpctrain::tools {

struct SweepBenchSettings {
  std::filesystem::path folder = ".";  ///< of rank zero; a folder of its own is made in it and removed
  std::uint64_t trials = 200;
  double seconds = 0.1;  ///< that a trial sleeps, on average
  double spread = 0;     ///< 0 … 1: trials sleep between seconds · (1 − spread) and seconds · (1 + spread)
  std::uint64_t seed = 1;
  int ranks_per_trial = 1;
  std::optional<std::string> network{};  ///< that every trial builds anew before it sleeps
};

struct SweepBenchReport {
  int groups = 1;
  std::vector<double> trial_seconds;  ///< of each trial's sleep, in the order in which they are dealt
  double wall_seconds = 0;            ///< until the last group was free and all outcomes were durable
  double ideal_seconds = 0;           ///< of the same trials, each at once with the group that is free first
  double processor_seconds = 0;       ///< of all ranks together
  double build_seconds = 0;           ///< of a network, mean; 0 where none was built
  std::uint64_t ledger_syncs = 0;     ///< after the ledger was opened
  double sync_seconds = 0;            ///< of all of them

  /// What a group loses for each trial that it runs.
  double overhead_seconds() const noexcept {
    return (wall_seconds - ideal_seconds) * groups / static_cast<double>(trial_seconds.size());
  }
  /// Part of the groups' time in which trials slept.
  double busy_share() const noexcept;
};

/// Sleeping trials leave the cores alone, so that more groups than cores can be measured.
///   collective  all ranks of `world`, the world of `mailbox`
///   errors      Fault::usage, agreed: fewer ranks than a trial takes, an unknown network; Fault::storage;
///               Fault::bug when a trial has not ended exactly once
SweepBenchReport run_sweep_bench(comm::Communicator& world, comm::Mailbox& mailbox, FileSystem& files,
                                 const SweepBenchSettings& settings);

}  // namespace hpctrain::tools
