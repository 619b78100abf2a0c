// The head learns alone during the first epochs (train.head-only-epochs), then everything: so that the gradients of a
// random head do not spoil weights that were taken over. Knows neither optimizers nor ranks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "checkpoint/training_state.hpp"

namespace hpctrain::train {

/// True for the tensors of the module called `head`.
bool is_of_head(std::string_view tensor, std::string_view head);

enum class Learning { head, everything };

class HeadFirst {
 public:
  /// `steps` updates move the head alone; `head` as models::Network::head_name().
  HeadFirst(const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head, std::uint64_t steps);

  /// A function of the step alone, so that a resume stands on the same side of the border.
  Learning at(std::uint64_t step) const noexcept { return step < steps_ ? Learning::head : Learning::everything; }

  /// Before the forward pass of update number step+1: what does not learn wants no gradient, which saves its backward
  /// pass. Its gradients stay as they are.
  void begin_step(std::uint64_t step);

 private:
  std::vector<torch::Tensor> rest_;  ///< parameters outside the head
  std::uint64_t steps_;
};

}  // namespace hpctrain::train
