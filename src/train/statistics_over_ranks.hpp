// The ranks behind synchronised batch normalisation. Knows no layers.
#pragma once

#include <torch/types.h>

#include <memory>

#include "comm/communicator.hpp"
#include "comm/gradient_channel.hpp"
#include "models/statistics.hpp"

namespace hpctrain::train {

class StatisticsOverRanks final : public models::StatisticsReducer {
 public:
  /// Over messages of its own: gradients are under way while backward adds statistics.
  ///   collective  all ranks of `group`
  StatisticsOverRanks(comm::Communicator& group, const torch::Device& device);

  /// blocks  until the sum is there (CPU) or enqueued (GPU)
  /// errors  Fault::stopped when a peer died
  void add_over_ranks(const torch::Tensor& sums) override;

 private:
  torch::Device device_;
  std::unique_ptr<comm::Communicator> group_;
  std::unique_ptr<comm::GradientChannel> channel_;
};

}  // namespace hpctrain::train
