// Which data set, and which part of it, a file belongs to. Plain values, so that packers need not see HDF5.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace hpctrain::data {

/// Who packed a data set, and how; the same in the manifest and in all shards.
struct PackIdentity {
  std::array<std::uint8_t, 16> uuid{};
  std::uint64_t pack_seed = 0;
  bool pack_shuffle = false;
  std::string creator;            ///< "hpctrain-pack 0.1.0"
  std::int64_t created_unix = 0;  ///< 0 in reproducible packs

  bool operator==(const PackIdentity&) const = default;
};

/// Which part of the data set one shard is.
struct ShardPlace {
  std::uint64_t shard_index = 0;
  std::uint64_t shard_count = 0;
  std::uint64_t num_samples = 0;
  std::uint64_t first_sample = 0;  ///< place of its first record in the packed order

  bool operator==(const ShardPlace&) const = default;
};

}  // namespace hpctrain::data
