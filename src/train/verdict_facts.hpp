// What verdicts need to know of a run besides the ledgers.
#pragma once

#include <torch/types.h>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "monitor/verdict.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

struct RunPlace {
  comm::Communicator& group;
  const Placement& placement;
  const torch::Device& device;
};

///   has_copies  the node holds copies of shards
///   collective  all ranks of the group
monitor::VerdictFacts gather_verdict_facts(const RunSettings& settings, const data::DatasetIndex& index,
                                           const RunPlace& place, bool has_copies);

}  // namespace hpctrain::train
