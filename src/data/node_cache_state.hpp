// What the threads of one NodeCache share: which copies are known, what is still to be done. Private to node_cache.cpp
// and shard_stager.cpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "data/node_cache.hpp"

namespace hpctrain::data {

/// What is known of one shard. Guarded by the mutex of State.
struct StagedShard {
  std::optional<std::uint64_t> copy_inode;  ///< of the copy that may be read
  bool is_copy_verified = true;             ///< as a whole, since the node started
  std::string source_reason;                ///< why the source must not be read; empty: it may
  int rejected_copies = 0;                  ///< damaged ones; after two the source is read
  double again_seconds = 0;                 ///< steady clock: not copied anew before, readers go to the source first
  bool is_given_up = false;                 ///< not copied any more by this rank
};

class NodeCache::State {
 public:
  State(const DatasetIndex& index, const CachePlan& plan, CacheContent content, const Placement& placement);

  const DatasetIndex index;  ///< a copy, for a thread that outlives everybody else
  const CachePlan plan;
  const CacheContent content;
  const Placement placement;
  std::optional<CacheFolder> folder;  ///< empty: the source alone is read
  std::optional<ShardCopier> copier;
  std::vector<std::size_t> shards;  ///< of the data set, in the order in which they are copied
  std::atomic<bool> stops{false};

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<StagedShard> staged;  ///< by shard of the data set
  std::set<std::size_t> held;       ///< streamed: what the present position wants
  std::uint64_t epoch = 0, position = 0;
  bool has_position = false;  ///< somebody said where training stands
  CacheCounters counters;
  bool has_warned = false;
  bool is_finished = false;  ///< the stager's thread has ended

  /// One warning for a node: of the rank that leads it, or that removed the copy in question.
  void warn_once(bool is_mine_to_say, const std::string& words);
};

}  // namespace hpctrain::data
