// Batch statistics of one step, from all layers of a network, packed beside the gradients so that adding them over
// ranks costs no message of its own. Knows no ranks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "models/network.hpp"
#include "models/statistics.hpp"

namespace hpctrain::train {

class StepStatistics {
 public:
  explicit StepStatistics(models::Network& network);

  /// Elements that write() fills; 0 for a network without batch statistics.
  std::int64_t elements() const noexcept { return elements_; }

  /// Before a step's first forward pass.
  void clear();
  /// shapes  sums [elements()] float32: this rank's, over its micro-batches
  void write(const torch::Tensor& sums);
  /// Moves every layer's running statistics once, by the sums over all ranks.   shapes  as write()
  void apply(const torch::Tensor& sums);

 private:
  std::vector<models::StatisticsOwner*> owners_;
  std::vector<std::int64_t> sizes_;
  std::int64_t elements_ = 0;
};

}  // namespace hpctrain::train
