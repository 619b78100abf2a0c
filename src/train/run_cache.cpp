#include "train/run_cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>

#include "comm/launch.hpp"
#include "core/log.hpp"
#include "core/memory_room.hpp"
#include "core/node_scratch.hpp"
#include "data/file_system_kind.hpp"
#include "data/sample_order.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::train {
namespace {

namespace fs = std::filesystem;

fs::path choose_folder(const data::CacheSettings& settings) {
  if (!settings.folder.empty()) return fs::absolute(settings.folder).lexically_normal();
  const auto scratch = find_node_scratch(plan_scratch_candidates(comm::read_environment()));
  if (!scratch) return {};
  // Sites make links of such folders; only one that a user names must say where it leads.
  std::error_code error;
  const fs::path folder = fs::canonical(scratch->folder, error);
  return error ? fs::path() : folder;
}

/// The folder, or what is there of the way to it.
fs::path existing_part(fs::path folder) {
  std::error_code ignored;
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// What is free, and what copies of this data set take already. Half of the memory is the job's: copies there cannot be
/// given back when it runs short.
///   existing  part of the folder, of a file system of this kind
std::optional<std::uint64_t> room_in(const fs::path& folder, const fs::path& existing, const data::FileSystemKind& kind,
                                     const data::DatasetIndex& index) {
  if (folder.empty()) return std::nullopt;
  std::error_code error;
  const auto space = fs::space(existing, error);
  if (error || ::access(existing.c_str(), W_OK | X_OK) != 0) return std::nullopt;
  std::uint64_t copies = 0;
  for (const auto& shard : index.shards) {
    const auto bytes = fs::file_size(
        data::CacheFolder::place_of(folder, index.uuid_text()) / data::ShardCopier::copy_name(shard), error);
    if (!error) copies += bytes;
  }
  const std::uint64_t room = space.available + copies;
  return kind.is_memory ? std::min<std::uint64_t>(room, (memory_room() + copies) / 2) : room;
}

data::CacheFacts gather_facts(const RunSettings& settings, const data::DatasetIndex& index,
                              const std::vector<std::string>& splits, const fs::path& folder) {
  data::CacheFacts facts;
  const auto source = data::probe_file_system(index.folder);
  facts.is_source_local = source.is_local;
  facts.source_kind = source.name;
  std::uint64_t largest_shard = 0;
  for (const auto& name : splits) {
    const auto& split = index.split(name);
    for (std::uint64_t i = 0; i < split.shard_count; ++i) {
      facts.used_bytes += index.shards[split.first_shard + i].file_bytes;
      largest_shard = std::max(largest_shard, index.shards[split.first_shard + i].file_bytes);
    }
  }
  const data::WindowedOrder shape;
  facts.is_windowed =
      data::plan_order(settings.order, index, index.split(settings.train_split)) == data::Order::windowed;
  facts.window_bytes = std::min(facts.used_bytes, shape.streams * shape.shards_per_window * largest_shard);
  facts.folder = folder.empty() ? "no folder of this node" : folder.string();
  const fs::path existing = existing_part(folder);
  const data::FileSystemKind scratch = data::probe_file_system(existing);
  if (settings.cache.folder.empty() && scratch.is_shared) facts.shared_kind = scratch.name;
  facts.free_bytes = room_in(folder, existing, scratch, index);
  return facts;
}

}  // namespace

std::function<std::vector<data::ShardUse>(std::uint64_t)> uses_of_shards(const RunSettings& settings,
                                                                         const data::DatasetIndex& index) {
  if (settings.order != data::Order::windowed) return {};
  return [seed = settings.train.seed, name = settings.train_split, index](std::uint64_t epoch) {
    const data::Split& split = index.split(name);
    const auto order = data::make_sample_order(data::Order::windowed, true, seed, index, split);
    return data::plan_shard_uses(order.in_epoch(epoch), data::rows_of_shards(index, split));
  };
}

RunCachePlan plan_run_cache(const RunSettings& settings, const data::DatasetIndex& index,
                            const std::vector<std::string>& splits) {
  RunCachePlan planned;
  planned.folder = choose_folder(settings.cache);
  planned.facts = gather_facts(settings, index, splits, planned.folder);
  planned.plan = data::plan_cache(settings.cache, planned.facts);
  return planned;
}

std::unique_ptr<data::NodeCache> make_run_cache(const RunSettings& settings, const data::DatasetIndex& index,
                                                const Placement& placement, std::vector<std::string> splits) {
  const auto [folder, facts, plan] = plan_run_cache(settings, index, splits);
  if (plan.is_less_than_asked && placement.is_node_leader()) {
    log_warning("node cache: {}", plan.reason);
  } else if (settings.cache.mode != data::CacheMode::none && !settings.quiet) {
    log_info("node cache: {}", plan.reason);
  }
  data::CacheContent content;
  content.splits = std::move(splits);
  content.is_source_mappable = facts.is_source_local;
  content.trusts_copies = settings.loader.verify == data::Verify::staged;
  content.uses = uses_of_shards(settings, index);
  return std::make_unique<data::NodeCache>(index, plan, folder, std::move(content), placement);
}

std::unique_ptr<data::NodeCache> find_run_copies(const RunSettings& settings, const data::DatasetIndex& index,
                                                 const Placement& placement, std::vector<std::string> splits) {
  const fs::path folder = choose_folder(settings.cache);
  const bool is_source_local = data::probe_file_system(index.folder).is_local;
  const bool is_unwanted = settings.cache.mode == data::CacheMode::none ||
                           (settings.cache.mode == data::CacheMode::automatic && is_source_local);
  std::error_code ignored;
  data::CachePlan plan;
  if (!is_unwanted && fs::is_directory(data::CacheFolder::place_of(folder, index.uuid_text()), ignored)) {
    plan.mode = data::CacheMode::replicate;
  }
  data::CacheContent content;
  content.splits = std::move(splits);
  content.is_source_mappable = is_source_local;
  content.trusts_copies = settings.loader.verify == data::Verify::staged;
  content.makes_copies = false;
  content.checks_blocks = settings.loader.verify != data::Verify::off;
  return std::make_unique<data::NodeCache>(index, plan, folder, std::move(content), placement);
}

}  // namespace hpctrain::train
