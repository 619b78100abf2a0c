// The node's cache of a run: asks what the node and the data set are like, has the plan made and says it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/placement.hpp"
#include "data/cache_plan.hpp"
#include "data/dataset_index.hpp"
#include "data/node_cache.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// When an epoch uses each shard of the training split. Empty for a full order: it needs every shard all the time, so
/// that none comes first.
std::function<std::vector<data::ShardUse>(std::uint64_t epoch)> uses_of_shards(const RunSettings& settings,
                                                                               const data::DatasetIndex& index);

/// What a run would do with copies on this node, with the order in `settings` or the one it would choose.
struct RunCachePlan {
  std::filesystem::path folder;  ///< empty: nowhere
  data::CacheFacts facts;
  data::CachePlan plan;
};
RunCachePlan plan_run_cache(const RunSettings& settings, const data::DatasetIndex& index,
                            const std::vector<std::string>& splits);

/// Starts to copy at once, what training needs first in front; then what is scored. The order in `settings` is chosen.
///   errors  Fault::usage when the cache would lie inside the data set
/// `splits`: those that are read, the training split first.
std::unique_ptr<data::NodeCache> make_run_cache(const RunSettings& settings, const data::DatasetIndex& index,
                                                const Placement& placement, std::vector<std::string> splits);

/// For whoever reads `splits` once: the copies that training left on this node serve, and none are made.
std::unique_ptr<data::NodeCache> find_run_copies(const RunSettings& settings, const data::DatasetIndex& index,
                                                 const Placement& placement, std::vector<std::string> splits);

}  // namespace hpctrain::train
