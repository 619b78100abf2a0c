// Copies of shards on the node, made while training already reads: answers where a shard is best read now. A thread of
// this rank makes its part of the copies; ranks, trials and jobs of a node meet in one folder. A cache that fails in
// any way means reading the source, never other samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/placement.hpp"
#include "data/cache_plan.hpp"
#include "data/dataset_index.hpp"
#include "data/shard_copier.hpp"
#include "data/shard_locator.hpp"
#include "data/stream_plan.hpp"

namespace hpctrain::data {

/// What the copies are made of.
struct CacheContent {
  std::vector<std::string> splits;  ///< whose shards are copied; a streamed cache serves the first alone
  /// When an epoch uses the shards of the first split; unset: all of them all the time. A streamed cache needs it.
  std::function<std::vector<ShardUse>(std::uint64_t epoch)> uses;
  bool is_source_mappable = true;  ///< false on a parallel file system
  bool trusts_copies = false;      ///< blocks of a copy that was verified as it was made are not hashed again
  bool makes_copies = true;        ///< false: those that are there serve, for whoever reads the data once
  bool checks_blocks = true;       ///< each block of a copy that is not trusted is hashed at its first touch
};

struct CacheCounters {
  std::uint64_t shards = 0;          ///< to be held on this node at this moment
  std::uint64_t copies = 0;          ///< of them, known to this rank
  std::uint64_t copies_made = 0;     ///< by this rank
  std::uint64_t source_bytes = 0;    ///< read by this rank to make them
  std::uint64_t copies_removed = 0;  ///< by this rank: damaged, or their place was needed
};

class NodeCache final : public ShardLocator {
 public:
  class State;  ///< of its threads

  /// `read_source` serves tests.
  ///   errors  Fault::usage  the folder lies inside the data set, or is a link; other trouble with the folder is a
  ///                         warning, and the source is read
  NodeCache(const DatasetIndex& index, const CachePlan& plan, const std::filesystem::path& base, CacheContent content,
            const Placement& placement, ReadSource read_source = {});
  /// Ends a copy after its current piece. A source that hangs is left to its thread after a second.
  ~NodeCache() override;

  ShardLocation locate(std::size_t shard_of_dataset) override;
  ///   errors  Fault::data when the source itself was rejected: there is no other place
  void reject(std::size_t shard_of_dataset, const ShardLocation& location, const std::string& reason) override;
  void note_position(std::uint64_t epoch, std::uint64_t position) override;

  CacheCounters counters() const;
  /// Blocks until this rank knows a copy of every shard that is to be held; false when that took longer.
  bool wait_until_staged(double timeout_seconds);

 private:
  std::shared_ptr<State> state_;  // the thread may outlive this by the read in which it hangs
};

/// The same places for a loader of another split, whose positions say nothing about what is needed next.
class PlacesOnly final : public ShardLocator {
 public:
  explicit PlacesOnly(ShardLocator& locator) : locator_(locator) {}
  ShardLocation locate(std::size_t shard_of_dataset) override { return locator_.locate(shard_of_dataset); }
  void reject(std::size_t shard_of_dataset, const ShardLocation& location, const std::string& reason) override {
    locator_.reject(shard_of_dataset, location, reason);
  }
  void note_position(std::uint64_t, std::uint64_t) override {}

 private:
  ShardLocator& locator_;
};

}  // namespace hpctrain::data
