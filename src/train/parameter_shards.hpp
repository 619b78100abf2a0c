// Parameters in one flat slab that is cut among the ranks, and what one rank owns of them. Moves nothing but memory:
// which rank owns what is the plan's business, what an update does the optimizer's.
#pragma once

#include <torch/types.h>

#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/gradient_channel.hpp"
#include "monitor/step_clock.hpp"
#include "train/shard_plan.hpp"

namespace hpctrain::train {

class ParameterShards {
 public:
  /// Among whom parameters are cut, and over which road they travel; all of it outlives the shards.
  struct Parts {
    comm::GradientChannel& channel;
    int rank = 0;
    int world = 1;
    torch::Device device;
    monitor::StepClock& clock;
  };

  /// Moves `parameters` into the slab: the tensors stay the same for everybody who holds them, their memory is another.
  /// They have their gradients already.
  ///   cost  while it runs, a second copy of the parameters
  ParameterShards(const std::vector<checkpoint::NamedTensor>& parameters, const Parts& parts);

  /// What this rank owns, under the parameters' names, with the gradients of just these elements.
  ///   shapes  [elements] each, in the order of memory
  const std::vector<checkpoint::NamedTensor>& own() const noexcept { return own_; }
  /// The whole parameter that each own() is a piece of, with its whole gradient.
  const std::vector<torch::Tensor>& own_layers() const noexcept { return own_layers_; }

  const std::vector<checkpoint::NamedTensor>& parameters() const noexcept { return parameters_; }
  const ShardPlan& plan() const noexcept { return plan_; }
  int rank() const noexcept { return parts_.rank; }

  /// Every owner's values to all ranks. Counts as communication.
  ///   collective  all ranks of the channel
  ///   blocks      on a GPU not; later work of this thread's stream sees the values
  ///   cost        (n-1)/n of the parameters' bytes leave each rank, n ranks
  ///   errors      Fault::stopped when a peer is gone
  void exchange();

 private:
  void move_into_slab();
  void cut();

  std::vector<checkpoint::NamedTensor> parameters_;
  Parts parts_;
  ShardPlan plan_;
  torch::Tensor slab_;
  std::vector<checkpoint::NamedTensor> own_;
  std::vector<torch::Tensor> own_layers_;
};

/// A dense tensor's elements in the order of memory, shared.   shapes  [elements]
torch::Tensor in_memory_order(const torch::Tensor& tensor);

}  // namespace hpctrain::train
