// The thread of a NodeCache and the answers it gives; what it copies when is in shard_stager.cpp.
#include "data/node_cache.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/signal_free_thread.hpp"
#include "data/node_cache_state.hpp"
#include "data/shard_stager.hpp"

namespace hpctrain::data {
namespace {

constexpr double kRestSeconds = 0.2;
constexpr auto kPatienceAtEnd = std::chrono::seconds(1);

std::vector<std::size_t> shards_of(const DatasetIndex& index, const CachePlan& plan, const CacheContent& content) {
  std::vector<std::size_t> shards;
  for (const std::string& name : content.splits) {
    const Split& split = index.split(name);
    for (std::uint64_t i = 0; i < split.shard_count; ++i) shards.push_back(split.first_shard + i);
    if (plan.mode == CacheMode::stream) break;
  }
  return shards;
}

}  // namespace

NodeCache::State::State(const DatasetIndex& index_of_data, const CachePlan& plan_of_node, CacheContent wanted_content,
                        const Placement& placement_of_rank)
    : index(index_of_data),
      plan(plan_of_node),
      content(std::move(wanted_content)),
      placement(placement_of_rank),
      shards(shards_of(index, plan, content)),
      staged(index.shards.size()) {
  counters.shards = plan.mode == CacheMode::none ? 0 : shards.size();
  has_warned = plan.is_less_than_asked;  // whoever had the plan made has said so
}

void NodeCache::State::warn_once(bool is_mine_to_say, const std::string& words) {
  {
    const std::lock_guard lock(mutex);
    if (has_warned || !is_mine_to_say) return;
    has_warned = true;
  }
  log_warning("{}", words);
}

NodeCache::NodeCache(const DatasetIndex& index, const CachePlan& plan, const std::filesystem::path& base,
                     CacheContent content, const Placement& placement, ReadSource read_source)
    : state_(std::make_shared<State>(index, plan, std::move(content), placement)) {
  if (plan.mode == CacheMode::none) {
    state_->is_finished = true;
    return;
  }
  try {
    state_->folder.emplace(base, index.uuid_text(), index.folder);
  } catch (const Error& error) {
    if (error.fault() == Fault::usage) throw;
    state_->is_finished = true;
    state_->warn_once(placement.is_node_leader(),
                      fmt::format("node cache: the data set is read where it lies: {}", error.what()));
    return;
  }
  state_->copier.emplace(state_->index, *state_->folder, std::move(read_source));
  if (!state_->content.makes_copies) {
    // No more than a look at each; a thread would come too late for a split that is read in a moment.
    ShardStager(*state_).run();
    state_->is_finished = true;
    return;
  }
  start_signal_free_thread([state = state_] {
    ShardStager(*state).run();
    const std::lock_guard lock(state->mutex);
    state->is_finished = true;
    state->changed.notify_all();
  }).detach();
}

NodeCache::~NodeCache() {
  state_->stops = true;
  std::unique_lock lock(state_->mutex);
  state_->changed.notify_all();
  state_->changed.wait_for(lock, kPatienceAtEnd, [this] { return state_->is_finished; });
}

ShardLocation NodeCache::locate(std::size_t shard_of_dataset) {
  const ShardIndex& layout = state_->index.shards[shard_of_dataset];
  const std::lock_guard lock(state_->mutex);
  const StagedShard& staged = state_->staged[shard_of_dataset];
  if (staged.copy_inode) {
    return {state_->folder->path() / ShardCopier::copy_name(layout), Tier::node_cache,
            state_->content.trusts_copies && staged.is_copy_verified, true};
  }
  require(staged.source_reason.empty(), Fault::data, staged.source_reason);
  return {state_->index.folder / layout.path, Tier::source, false, state_->content.is_source_mappable};
}

void NodeCache::reject(std::size_t shard_of_dataset, const ShardLocation& location, const std::string& reason) {
  std::uint64_t inode = 0;
  {
    const std::lock_guard lock(state_->mutex);
    StagedShard& staged = state_->staged[shard_of_dataset];
    if (location.tier == Tier::source) {
      if (!staged.copy_inode) staged.source_reason = reason;
      return;
    }
    if (!staged.copy_inode) return;
    inode = *staged.copy_inode;
    staged.copy_inode.reset();
    ++staged.rejected_copies;
    staged.again_seconds = steady_seconds() + kRestSeconds;
    --state_->counters.copies;
  }
  const bool is_removed =
      state_->folder->remove_copy(ShardCopier::copy_name(state_->index.shards[shard_of_dataset]), inode);
  if (is_removed) {
    const std::lock_guard lock(state_->mutex);
    ++state_->counters.copies_removed;
  }
  // Whoever removes a damaged copy says so; a folder that vanished is the leader's to tell.
  std::error_code ignored;
  const bool has_vanished = !is_removed && !std::filesystem::exists(state_->folder->path(), ignored);
  state_->warn_once(
      is_removed || (has_vanished && state_->placement.is_node_leader()),
      fmt::format("node cache: a copy cannot be used, and its shard is read where the data set lies: {}", reason));
  state_->changed.notify_all();
}

void NodeCache::note_position(std::uint64_t epoch, std::uint64_t position) {
  const std::lock_guard lock(state_->mutex);
  state_->epoch = epoch;
  state_->position = position;
  if (std::exchange(state_->has_position, true)) return;
  state_->changed.notify_all();
}

CacheCounters NodeCache::counters() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counters;
}

bool NodeCache::wait_until_staged(double timeout_seconds) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::duration<double>(timeout_seconds),
                                  [this] { return state_->counters.copies == state_->counters.shards; });
}

}  // namespace hpctrain::data
