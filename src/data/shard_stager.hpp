// The work of a NodeCache's thread: makes this rank's part of the copies, sees what other ranks made, and keeps a
// streamed cache within its bounds. Private to node_cache.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "data/node_cache_state.hpp"

namespace hpctrain::data {

/// The shards in the order in which one rank of a node copies them: first its own part, then the parts of the others,
/// which may be slower or dead.
std::vector<std::size_t> plan_staging_order(std::vector<std::size_t> shards, int local_rank, int local_world);

class ShardStager {
 public:
  explicit ShardStager(NodeCache::State& state) : state_(state) {}

  /// blocks  until the state stops
  void run();

 private:
  void plan_stream();
  void remove_unheld(std::uint64_t bytes_wanted);
  std::vector<std::size_t> missing_shards() const;
  void stage(std::size_t shard);
  void note_copy(std::size_t shard, const CopyReport& report);
  void note_failure(std::size_t shard, const CopyReport& report);

  NodeCache::State& state_;
  std::uint64_t planned_epoch_ = 0;
  std::vector<ShardUse> this_epoch_, next_epoch_;
  std::vector<std::uint64_t> next_uses_, shard_bytes_;  // by place among the shards of the state
};

}  // namespace hpctrain::data
