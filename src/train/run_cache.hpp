// The node's cache of a run: asks what the node and the data set are like, has the plan made and says it.
#pragma once

#include <memory>

#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "data/node_cache.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// Starts to copy at once. The training split comes first, then what is scored.
///   errors  Fault::usage when the cache would lie inside the data set
std::unique_ptr<data::NodeCache> make_run_cache(const RunSettings& settings, const data::DatasetIndex& index,
                                                const Placement& placement);

}  // namespace hpctrain::train
