// Decides which record goes into which split and shard, and in which order. Pure: reads and writes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pack/source.hpp"

namespace hpctrain::pack {

struct PlanSettings {
  std::uint64_t seed = 0;
  bool shuffle = true;
  std::optional<std::uint64_t> validation_samples;  ///< taken out of split train; unset: as the source proposes
  std::optional<std::uint64_t> shard_target_bytes;  ///< unset: a 64th of the data, within 8 MiB and 512 MiB
};

struct PlannedSplit {
  std::string name;
  std::vector<std::uint64_t> records;  ///< sample ids in packed order
};

struct PlannedShard {
  std::size_t split = 0;
  std::uint64_t first = 0;  ///< counted from the split's first record
  std::uint64_t count = 0;

  bool operator==(const PlannedShard&) const = default;
};

struct PackPlan {
  std::vector<PlannedSplit> splits;  ///< train, validation, then the source's others; none is empty
  std::vector<PlannedShard> shards;  ///< split by split; sizes within a split differ by at most one sample
};

/// Shuffles within splits only, so that a test sample never lands among training samples.
///   errors  Fault::usage when validation_samples leaves no training samples or there are none, or the source has a
///   validation split; Fault::data when there are no records
/// `validates` says of each record of the first split, which is "train" then, whether it becomes validation; empty: as
/// validation_samples says.
PackPlan plan_pack(std::span<const SourceSplit> splits, std::uint64_t record_bytes, const PlanSettings& settings,
                   const std::vector<bool>& validates = {});

}  // namespace hpctrain::pack
