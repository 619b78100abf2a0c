#include "data/shard_stager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <system_error>

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

ShardStager::ShardStager(NodeCache::State& state) : state_(state) {
  for (std::size_t place = 0; place < state_.shards.size(); ++place) {
    const ShardIndex& shard = state_.index.shards[state_.shards[place]];
    shard_bytes_.push_back(shard.file_bytes);
    copy_places_[ShardCopier::copy_name(shard)] = place;
    needed_.push_back(place);
  }
}

void ShardStager::run() {
  if (!state_.content.makes_copies) return find_copies();
  wait_for_position();
  const Stopwatch watch;
  bool has_told = false;
  while (!state_.stops) {
    plan();
    const bool is_more_urgent = stage_missing();
    std::unique_lock lock(state_.mutex);
    const CacheCounters counters = state_.counters;
    if (!has_told && counters.copies == counters.shards && counters.copies > 0) {
      has_told = true;
      log_info("node cache: {} shards on this node after {}, {} of them read from the source by this rank",
               counters.copies, format_duration(watch.seconds()), counters.copies_made);
    }
    if (!state_.stops && !is_more_urgent) state_.changed.wait_for(lock, kLookAgain);
  }
}

/// A run that goes on in the middle of an epoch says so once its checkpoint is read; until then every copy may be one
/// that it needs.
void ShardStager::wait_for_position() {
  if (state_.plan.mode != CacheMode::stream) return;
  std::unique_lock lock(state_.mutex);
  while (!state_.stops && !state_.has_position) state_.changed.wait_for(lock, kLookAgain);
}

void ShardStager::find_copies() {
  for (const std::size_t shard : state_.shards) {
    if (state_.stops) return;
    // Not read as a whole for one use, where what is used is checked.
    const auto found =
        state_.copier->find(shard, state_.content.checks_blocks ? OlderCopy::taken : OlderCopy::read_first);
    if (found) note_copy(shard, {CopyOutcome::found, "", found->inode, 0, found->is_verified});
  }
}

/// What is needed when follows from the position alone, so that all ranks of a node want the same.
void ShardStager::plan() {
  if (!state_.content.uses) return;
  {
    const std::lock_guard lock(state_.mutex);
    const bool is_planned = !this_epoch_.empty() && planned_epoch_ == state_.epoch;
    if (!is_planned) this_epoch_.clear();
    planned_epoch_ = state_.epoch;
    planned_position_ = state_.position;
  }
  if (this_epoch_.empty()) {
    this_epoch_ = state_.content.uses(planned_epoch_);
    next_epoch_ = state_.content.uses(planned_epoch_ + 1);
  }
  const Split& split = state_.index.split(state_.content.splits.front());
  next_uses_ =
      plan_next_uses(this_epoch_, next_epoch_, std::min(planned_position_, split.num_samples), split.num_samples);
  // Only the first split has a position; what is scored follows, in its order.
  std::iota(needed_.begin(), needed_.end(), std::size_t{0});
  std::stable_sort(needed_.begin(), needed_.begin() + static_cast<std::ptrdiff_t>(next_uses_.size()),
                   [this](std::size_t a, std::size_t b) { return next_uses_[a] < next_uses_[b]; });
  if (state_.plan.mode == CacheMode::stream) plan_held();
}

void ShardStager::plan_held() {
  const std::vector<std::size_t> wanted = plan_held_shards(next_uses_, shard_bytes_, state_.plan.limit_bytes);
  {
    const std::lock_guard lock(state_.mutex);
    state_.held.clear();
    for (const std::size_t place : wanted) state_.held.insert(state_.shards[place]);
  }
  std::set<std::size_t> cached = cached_places();
  remove_unheld(cached);
  forget_removed(cached);
}

std::set<std::size_t> ShardStager::cached_places() const {
  std::set<std::size_t> cached;
  for (const ListedCopy& copy : state_.folder->list_copies()) {
    const auto place = copy_places_.find(copy.name);
    if (copy.is_finished && place != copy_places_.end()) cached.insert(place->second);
  }
  return cached;
}

/// Makes room for all that is to be held and is not there. One rank of a node does it: two would remove twice what is
/// needed.
void ShardStager::remove_unheld(std::set<std::size_t>& cached) {
  if (!state_.placement.is_node_leader()) return;
  std::uint64_t bytes_wanted = 0;
  for (std::size_t place = 0; place < shard_bytes_.size(); ++place) {
    if (state_.held.count(state_.shards[place]) > 0 && cached.count(place) == 0) bytes_wanted += shard_bytes_[place];
  }
  const auto removals =
      plan_removals({cached.begin(), cached.end()}, next_uses_, shard_bytes_, state_.plan.limit_bytes, bytes_wanted);
  for (const std::size_t place : removals) {
    cached.erase(place);
    if (!state_.folder->remove_copy(ShardCopier::copy_name(state_.index.shards[state_.shards[place]]))) continue;
    const std::lock_guard lock(state_.mutex);
    ++state_.counters.copies_removed;
  }
}

/// Readers of this rank must let go what another rank removed: until then it takes room without a name.
void ShardStager::forget_removed(const std::set<std::size_t>& cached) {
  const std::lock_guard lock(state_.mutex);
  state_.counters.shards = state_.held.size();
  state_.counters.copies = 0;
  for (std::size_t place = 0; place < state_.shards.size(); ++place) {
    StagedShard& staged = state_.staged[state_.shards[place]];
    if (cached.count(place) == 0) staged.copy_inode.reset();
    if (staged.copy_inode && state_.held.count(state_.shards[place]) > 0) ++state_.counters.copies;
  }
}

std::vector<std::size_t> ShardStager::missing_shards() const {
  const std::lock_guard lock(state_.mutex);
  std::vector<std::size_t> missing;
  const bool is_stream = state_.plan.mode == CacheMode::stream;
  for (const std::size_t place : needed_) {
    const std::size_t shard = state_.shards[place];
    const bool is_wanted = !is_stream || state_.held.count(shard) > 0;
    const StagedShard& staged = state_.staged[shard];
    if (is_wanted && !staged.copy_inode && steady_seconds() >= staged.again_seconds) missing.push_back(shard);
  }
  return plan_staging_order(std::move(missing), state_.placement.local_rank, state_.placement.local_world);
}

/// True when it stopped early, because training moved on while a copy was made: another shard may be needed first now.
bool ShardStager::stage_missing() {
  for (const std::size_t shard : missing_shards()) {
    if (state_.stops) return false;
    if (stage(shard) && has_moved()) return true;
  }
  return false;
}

bool ShardStager::has_moved() const {
  const std::lock_guard lock(state_.mutex);
  return state_.content.uses && (state_.epoch != planned_epoch_ || state_.position != planned_position_);
}

/// True when this rank made the copy.
bool ShardStager::stage(std::size_t shard) {
  bool is_given_up = false;
  {
    const std::lock_guard lock(state_.mutex);
    is_given_up = state_.staged[shard].is_given_up || state_.staged[shard].rejected_copies > kMostRejectedCopies;
  }
  if (is_given_up) {
    // Another rank may have had more luck.
    if (const auto found = state_.copier->find(shard)) note_copy(shard, {CopyOutcome::found, "", found->inode, 0});
    return false;
  }
  const CopyReport report = state_.copier->copy(shard, state_.plan.limit_bytes, state_.stops);
  if (report.outcome == CopyOutcome::made || report.outcome == CopyOutcome::found) {
    note_copy(shard, report);
  } else if (report.outcome != CopyOutcome::busy && report.outcome != CopyOutcome::stopped) {
    note_failure(shard, report);
  }
  return report.outcome == CopyOutcome::made;
}

void ShardStager::note_copy(std::size_t shard, const CopyReport& report) {
  const std::lock_guard lock(state_.mutex);
  StagedShard& staged = state_.staged[shard];
  if (staged.rejected_copies > kMostRejectedCopies) return;
  staged.copy_inode = report.inode;
  staged.is_copy_verified = report.is_verified;
  ++state_.counters.copies;
  if (report.outcome == CopyOutcome::made) ++state_.counters.copies_made;
  state_.counters.source_bytes += report.source_bytes;
  state_.changed.notify_all();
}

void ShardStager::note_failure(std::size_t shard, const CopyReport& report) {
  std::error_code ignored;
  const bool folder_is_there = std::filesystem::exists(state_.folder->path(), ignored);
  {
    const std::lock_guard lock(state_.mutex);
    StagedShard& staged = state_.staged[shard];
    state_.counters.source_bytes += report.source_bytes;
    // A bad read of a good source is worth a second one; a streamed cache gets its room back as training goes on.
    if (report.outcome == CopyOutcome::not_genuine && ++staged.rejected_copies <= kMostRejectedCopies) return;
    if (report.outcome == CopyOutcome::no_space && state_.plan.mode == CacheMode::stream && folder_is_there) return;
    staged.is_given_up = true;
  }
  const std::string path = state_.index.shards[shard].path;
  state_.warn_once(
      state_.placement.is_node_leader(),
      fmt::format("node cache: {} cannot be copied and is read where the data set lies: {}", path, report.words));
}

}  // namespace hpctrain::data
