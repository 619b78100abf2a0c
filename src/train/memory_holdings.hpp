// What the memory of a rank is held by, in kinds and by name. Only looks; decides nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "train/gradient_buckets.hpp"

namespace hpctrain::train {

/// Bytes that stay from step to step, equal on all ranks but for what a rank alone keeps.
struct MemoryHoldings {
  std::uint64_t parameters = 0;
  std::uint64_t buffers = 0;    ///< running statistics and the like
  std::uint64_t gradients = 0;  ///< and what rides along
  std::uint64_t optimizer = 0;  ///< momenta, averages

  std::uint64_t total() const noexcept { return parameters + buffers + gradients + optimizer; }
};

MemoryHoldings find_holdings(const checkpoint::TrainingState& state, const GradientBuckets& buckets);

/// By the names of the fields, and `total`.
nlohmann::json to_json(const MemoryHoldings& holdings);

/// "parameters 1.2 MiB, gradients 1.2 MiB, optimizer 2.4 MiB".
std::string describe_holdings(const MemoryHoldings& holdings);

/// The `most` largest tensors of the state, the largest first: name, shape and bytes of each.
nlohmann::json largest_tensors(const checkpoint::TrainingState& state, std::size_t most);

}  // namespace hpctrain::train
