// The work of a NodeCache's thread: makes this rank's part of the copies in the order in which training needs them,
// sees what other ranks made, and keeps a streamed cache within its bounds. Private to node_cache.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/node_cache_state.hpp"

namespace hpctrain::data {

/// The shards in the order in which one rank of a node copies them: first its own part, then the parts of the others,
/// which may be slower or dead.
std::vector<std::size_t> plan_staging_order(std::vector<std::size_t> shards, int local_rank, int local_world);

class ShardStager {
 public:
  explicit ShardStager(NodeCache::State& state);

  /// blocks  until the state stops; without copies to make, until those that are there are known
  void run();

 private:
  void wait_for_position();
  void find_copies();
  void plan();
  void plan_held();
  void remove_unheld(std::set<std::size_t>& cached);
  void forget_removed(const std::set<std::size_t>& cached);
  std::set<std::size_t> cached_places() const;
  std::vector<std::size_t> missing_shards() const;
  bool stage_missing();
  bool has_moved() const;
  bool stage(std::size_t shard);
  void note_copy(std::size_t shard, const CopyReport& report);
  void note_failure(std::size_t shard, const CopyReport& report);

  // A place is an index into State::shards.
  NodeCache::State& state_;
  std::vector<std::uint64_t> shard_bytes_;          // by place
  std::map<std::string, std::size_t> copy_places_;  // by the copy's name
  std::uint64_t planned_epoch_ = 0, planned_position_ = 0;
  std::vector<ShardUse> this_epoch_, next_epoch_;
  std::vector<std::uint64_t> next_uses_;  // by place, of the first split; empty: all at once
  std::vector<std::size_t> needed_;       // places, the one needed first in front
};

}  // namespace hpctrain::data
