// What the tensors of all ranks held, as metrics.jsonl and the closing summary say it.
#pragma once

#include <torch/types.h>

#include <nlohmann/json.hpp>
#include <string>

#include "comm/communicator.hpp"
#include "train/memory_holdings.hpp"
#include "train/phase_memory.hpp"

namespace hpctrain::train {

/// As docs/formats/metrics.md names them; equal on all ranks.
///   collective  all ranks of `group`
nlohmann::json gather_memory(comm::Communicator& group, const PhasePeaks& mine, const torch::Device& device,
                             const MemoryHoldings& holdings);

/// "peak 1.2 GiB in backward; parameters 3.1 MiB, gradients 3.1 MiB, optimizer 3.1 MiB" of what gather_memory() gave.
std::string describe_memory(const nlohmann::json& memory);

}  // namespace hpctrain::train
