// Whether and how a node keeps copies of shards: decided from a few numbers, with the arithmetic in words for whoever
// starts the run. Touches no disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace hpctrain::data {

enum class CacheMode {
  automatic,
  none,       ///< shards are read where the data set lies
  replicate,  ///< every shard of the splits in use is copied to the node once
  stream,     ///< bounded: the shards that are needed next, at the price of the one needed last
};

struct CacheSettings {
  CacheMode mode = CacheMode::automatic;
  std::filesystem::path folder;     ///< empty: the node's scratch folder
  std::optional<double> limit_gib;  ///< most that the copies may take on a node; unset: what is free
};

/// What a node and a data set are like.
struct CacheFacts {
  bool is_source_local = false;             ///< the data set lies on a disk of this node
  std::string source_kind;                  ///< its file system by name: "ext4", "lustre"
  std::uint64_t used_bytes = 0;             ///< of all shards of the splits in use
  std::uint64_t window_bytes = 0;           ///< of the shards that an epoch has in use at one time
  bool is_windowed = false;                 ///< how the training split is shuffled
  std::string folder;                       ///< where the copies would go
  std::string shared_kind;                  ///< its file system where it is shared with other nodes and nobody named it
  std::optional<std::uint64_t> free_bytes;  ///< there, copies that exist already included; unset: nowhere to write
};

struct CachePlan {
  CacheMode mode = CacheMode::none;  ///< never automatic
  std::uint64_t limit_bytes = 0;     ///< most that the copies may take
  std::string reason;                ///< one line: numbers and conclusion
  bool is_less_than_asked = false;   ///< worth a warning
};

CachePlan plan_cache(const CacheSettings& settings, const CacheFacts& facts);

}  // namespace hpctrain::data
