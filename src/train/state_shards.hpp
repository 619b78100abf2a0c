// The state that is cut among the ranks, as checkpoints hold it: whole tensors under the names they have without
// shards. Brings it together on rank zero, in host memory, and gives every rank its part back. Knows no update rules:
// what state there is, it is told.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/communicator.hpp"
#include "train/parameter_shards.hpp"

namespace hpctrain::train {

class StateShards {
 public:
  /// `mine`: this rank's tensors, "<kind>/<parameter>": for each kind one of each piece that the rank owns, as long as
  /// the piece, or of one element that stands for the whole parameter.
  /// `whole`: what they are parts of, of all ranks, equal on all; on the meta device, so that it takes no memory.
  ///   errors  Fault::bug when they do not belong together
  StateShards(const ParameterShards& shards, std::vector<checkpoint::NamedTensor> mine,
              std::vector<checkpoint::NamedTensor> whole, comm::Communicator& group);

  /// Names, types and shapes of the whole state.
  const std::vector<checkpoint::NamedTensor>& whole() const noexcept { return whole_; }

  /// The whole state as it is now, in host memory of rank zero; empty elsewhere.
  ///   collective  all ranks of the group
  ///   blocks      until this rank's parts have been taken
  ///   cost        each rank sends what it owns; rank zero holds one copy of the whole state
  ///   errors      Fault::stopped when a peer is gone
  std::vector<checkpoint::NamedTensor> gather() const;

  /// Takes this rank's part of one whole tensor, which is called `name` and lies in host memory.
  void take(const std::string& name, const torch::Tensor& host);

 private:
  /// Where parts of one whole tensor lie.
  struct Part {
    int owner = 0;
    std::int64_t first = 0;  ///< element of the whole, in the order of memory
    std::int64_t elements = 0;
  };
  std::vector<Part> parts_of(const checkpoint::NamedTensor& whole) const;
  void collect(const std::string& name, const Part& part, const torch::Tensor& flat) const;

  const ShardPlan& plan_;
  int rank_;
  std::map<std::string, std::size_t> parameter_of_;  ///< by its name
  std::map<std::string, torch::Tensor> mine_;        ///< by name
  std::vector<checkpoint::NamedTensor> whole_;
  comm::Communicator& group_;
};

}  // namespace hpctrain::train
