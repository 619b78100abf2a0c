#include "data/shard_stager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/text_format.hpp"

namespace hpctrain::data {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(100);  // for what other processes have made meanwhile
constexpr int kMostRejectedCopies = 1;                       // a damaged copy is made once more, not for ever

}  // namespace

std::vector<std::size_t> plan_staging_order(std::vector<std::size_t> shards, int local_rank, int local_world) {
  std::vector<std::size_t> order;
  const auto world = static_cast<std::size_t>(std::max(1, local_world));
  for (std::size_t turn = 0; turn < world; ++turn) {
    const std::size_t part = (static_cast<std::size_t>(local_rank) + turn) % world;
    for (std::size_t i = part; i < shards.size(); i += world) order.push_back(shards[i]);
  }
  return order;
}

void ShardStager::run() {
  const Stopwatch watch;
  bool has_told = false;
  while (!state_.stops) {
    if (state_.plan.mode == CacheMode::stream) plan_stream();
    for (const std::size_t shard : missing_shards()) {
      if (state_.stops) break;
      stage(shard);
    }
    std::unique_lock lock(state_.mutex);
    const CacheCounters counters = state_.counters;
    if (!has_told && counters.copies == counters.shards && counters.copies > 0) {
      has_told = true;
      log_info("node cache: {} shards on this node after {}, {} of them read from the source by this rank",
               counters.copies, format_duration(watch.seconds()), counters.copies_made);
    }
    if (!state_.stops) state_.changed.wait_for(lock, kLookAgain);
  }
}

/// Streamed: what to hold follows from the position alone, so that all ranks of a node want the same.
void ShardStager::plan_stream() {
  std::uint64_t epoch = 0, position = 0;
  {
    const std::lock_guard lock(state_.mutex);
    epoch = state_.epoch;
    position = state_.position;
  }
  if (this_epoch_.empty() || planned_epoch_ != epoch) {
    this_epoch_ = state_.content.uses(epoch);
    next_epoch_ = state_.content.uses(epoch + 1);
    planned_epoch_ = epoch;
  }
  const Split& split = state_.index.split(state_.content.splits.front());
  shard_bytes_.clear();
  for (const std::size_t shard : state_.shards) shard_bytes_.push_back(state_.index.shards[shard].file_bytes);
  next_uses_ = plan_next_uses(this_epoch_, next_epoch_, std::min(position, split.num_samples), split.num_samples);
  const std::vector<std::size_t> wanted = plan_held_shards(next_uses_, shard_bytes_, state_.plan.limit_bytes);
  const std::lock_guard lock(state_.mutex);
  state_.held.clear();
  for (const std::size_t place : wanted) state_.held.insert(state_.shards[place]);
  state_.counters.shards = state_.held.size();
  state_.counters.copies =
      static_cast<std::uint64_t>(std::count_if(wanted.begin(), wanted.end(), [&](std::size_t place) {
        return state_.staged[state_.shards[place]].copy_inode.has_value();
      }));
}

std::vector<std::size_t> ShardStager::missing_shards() const {
  const std::lock_guard lock(state_.mutex);
  std::vector<std::size_t> missing;
  const bool is_stream = state_.plan.mode == CacheMode::stream;
  for (const std::size_t shard : state_.shards) {
    const bool is_wanted = !is_stream || state_.held.count(shard) > 0;
    const StagedShard& staged = state_.staged[shard];
    if (is_wanted && !staged.copy_inode && steady_seconds() >= staged.again_seconds) missing.push_back(shard);
  }
  return plan_staging_order(std::move(missing), state_.placement.local_rank, state_.placement.local_world);
}

/// Makes room in a streamed cache. One rank of a node does it: two would remove twice what is needed.
void ShardStager::remove_unheld(std::uint64_t bytes_wanted) {
  if (state_.plan.mode != CacheMode::stream || !state_.placement.is_node_leader()) return;
  std::vector<std::size_t> cached;
  for (std::size_t place = 0; place < state_.shards.size(); ++place) {
    if (state_.copier->find(state_.shards[place])) cached.push_back(place);
  }
  const auto removals =
      plan_removals(std::move(cached), next_uses_, shard_bytes_, state_.plan.limit_bytes, bytes_wanted);
  for (const std::size_t place : removals) {
    const std::size_t shard = state_.shards[place];
    const bool is_removed = state_.folder->remove_copy(ShardCopier::copy_name(state_.index.shards[shard]));
    const std::lock_guard lock(state_.mutex);
    state_.staged[shard].copy_inode.reset();
    if (is_removed) ++state_.counters.copies_removed;
  }
}

void ShardStager::stage(std::size_t shard) {
  bool is_given_up = false;
  {
    const std::lock_guard lock(state_.mutex);
    is_given_up = state_.staged[shard].is_given_up || state_.staged[shard].rejected_copies > kMostRejectedCopies;
  }
  if (is_given_up) {
    // Another rank may have had more luck.
    if (const auto inode = state_.copier->find(shard)) note_copy(shard, {CopyOutcome::found, "", *inode, 0});
    return;
  }
  remove_unheld(state_.index.shards[shard].file_bytes);
  const CopyReport report = state_.copier->copy(shard, state_.plan.limit_bytes, state_.stops);
  if (report.outcome == CopyOutcome::made || report.outcome == CopyOutcome::found) {
    note_copy(shard, report);
  } else if (report.outcome != CopyOutcome::busy && report.outcome != CopyOutcome::stopped) {
    note_failure(shard, report);
  }
}

void ShardStager::note_copy(std::size_t shard, const CopyReport& report) {
  const std::lock_guard lock(state_.mutex);
  StagedShard& staged = state_.staged[shard];
  if (staged.rejected_copies > kMostRejectedCopies) return;
  staged.copy_inode = report.inode;
  ++state_.counters.copies;
  if (report.outcome == CopyOutcome::made) ++state_.counters.copies_made;
  state_.counters.source_bytes += report.source_bytes;
  state_.changed.notify_all();
}

void ShardStager::note_failure(std::size_t shard, const CopyReport& report) {
  {
    const std::lock_guard lock(state_.mutex);
    StagedShard& staged = state_.staged[shard];
    state_.counters.source_bytes += report.source_bytes;
    // A bad read of a good source is worth a second one; a streamed cache gets its room back as training goes on.
    if (report.outcome == CopyOutcome::not_genuine && ++staged.rejected_copies <= kMostRejectedCopies) return;
    if (report.outcome == CopyOutcome::no_space && state_.plan.mode == CacheMode::stream) return;
    staged.is_given_up = true;
  }
  const std::string path = state_.index.shards[shard].path;
  state_.warn_once(
      state_.placement.is_node_leader(),
      fmt::format("node cache: {} cannot be copied and is read where the data set lies: {}", path, report.words));
}

}  // namespace hpctrain::data
