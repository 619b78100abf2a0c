// What torch's multi-tensor kernels take: parameters and their gradients as lists, in one fixed order.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"

namespace hpctrain::train {

struct ParameterLists {
  std::vector<std::string> names;
  std::vector<torch::Tensor> values;
  std::vector<torch::Tensor> gradients;
};

/// errors  Fault::bug when a parameter has no gradient yet
ParameterLists make_parameter_lists(const std::vector<checkpoint::NamedTensor>& parameters);

std::vector<torch::Tensor> zeros_like_all(const std::vector<torch::Tensor>& tensors);

/// Adds "<kind>/<parameter>" for every tensor of one kind of state.
void append_state(std::vector<checkpoint::NamedTensor>& state, const std::string& kind, const ParameterLists& lists,
                  const std::vector<torch::Tensor>& tensors);

}  // namespace hpctrain::train
