#include "train/state_shards.hpp"

#include <torch/utils.h>

#include <algorithm>

#include "core/error.hpp"
#include "train/tensor_messages.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

std::string parameter_name(const std::string& state_name) {
  return state_name.substr(state_name.find('/') + 1);
}

/// In host memory, laid out as `like`, so that pieces of it are consecutive.
torch::Tensor make_host_twin(const torch::Tensor& like) {
  return torch::empty_strided(like.sizes(), like.strides(), torch::TensorOptions().dtype(like.scalar_type()));
}

}  // namespace

StateShards::StateShards(const ParameterShards& shards, std::vector<NamedTensor> mine, std::vector<NamedTensor> whole,
                         comm::Communicator& group)
    : plan_(shards.plan()), rank_(shards.rank()), whole_(std::move(whole)), group_(group) {
  for (const auto& [name, tensor] : shards.parameters()) parameter_of_.emplace(name, parameter_of_.size());
  for (auto& [name, tensor] : mine) mine_.emplace(name, tensor);
  std::size_t parts = 0;
  for (const NamedTensor& named : whole_) {
    for (const ShardPiece& piece : plan_.pieces) {
      if (piece.owner == rank_ && piece.parameter == parameter_of_.at(parameter_name(named.name))) ++parts;
    }
  }
  require_invariant(parts == mine_.size(), "a rank holds its part of every tensor of the state, and no other");
}

std::vector<NamedTensor> StateShards::gather() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> gathered;
  for (const NamedTensor& named : whole_) {
    torch::Tensor host, flat;
    if (group_.is_leader()) {
      host = make_host_twin(named.tensor);
      flat = in_memory_order(host);
    }
    for (const Part& part : parts_of(named)) collect(named.name, part, flat);
    if (host.defined()) gathered.push_back({named.name, host});
  }
  return gathered;
}

/// One part from its owner to rank zero's `flat`. Owners send in the order of the whole state, and rank zero takes in
/// that order, so nobody waits in a circle.
void StateShards::collect(const std::string& name, const Part& part, const torch::Tensor& flat) const {
  if (!group_.is_leader()) {
    if (part.owner == rank_) send_tensor(group_, mine_.at(name).reshape({-1}), 0);
    return;
  }
  const auto place = flat.narrow(0, part.first, part.elements);
  if (part.owner == rank_) {
    place.copy_(mine_.at(name).reshape({-1}));
  } else {
    receive_tensor(group_, place, part.owner);
  }
}

void StateShards::take(const std::string& name, const torch::Tensor& host) {
  const torch::NoGradGuard no_grad;
  const auto mine = mine_.find(name);
  if (mine == mine_.end()) return;
  const auto whole = std::find_if(whole_.begin(), whole_.end(), [&](const auto& named) { return named.name == name; });
  const auto flat = in_memory_order(make_host_twin(whole->tensor).copy_(host));
  const torch::Tensor own = mine->second.reshape({-1});
  if (whole->tensor.dim() == 0) {
    own.copy_(flat);
    return;
  }
  for (const Part& part : parts_of(*whole)) {
    if (part.owner == rank_) own.copy_(flat.narrow(0, part.first, part.elements));
  }
}

/// Pieces of the parameter, or its first owner where the state has one value for the whole parameter: every owner has
/// the same.
std::vector<StateShards::Part> StateShards::parts_of(const NamedTensor& whole) const {
  const std::size_t parameter = parameter_of_.at(parameter_name(whole.name));
  const bool is_one_value = whole.tensor.dim() == 0;
  std::vector<Part> parts;
  for (const ShardPiece& piece : plan_.pieces) {
    if (piece.parameter != parameter) continue;
    if (is_one_value) return {{piece.owner, 0, 1}};
    parts.push_back({piece.owner, piece.first, piece.elements});
  }
  return parts;
}

}  // namespace hpctrain::train
