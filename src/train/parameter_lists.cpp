#include "train/parameter_lists.hpp"

#include <torch/utils.h>

#include "core/error.hpp"

namespace hpctrain::train {

ParameterLists make_parameter_lists(const std::vector<checkpoint::NamedTensor>& parameters) {
  ParameterLists lists;
  for (const auto& [name, tensor] : parameters) {
    require_invariant(tensor.grad().defined(), "parameter " + name + " has its gradient before the optimizer is made");
    lists.names.push_back(name);
    lists.values.push_back(tensor);
    lists.gradients.push_back(tensor.grad());
  }
  return lists;
}

std::vector<torch::Tensor> zeros_like_all(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> zeros;
  for (const auto& tensor : tensors) zeros.push_back(torch::zeros_like(tensor.detach()));
  return zeros;
}

void append_state(std::vector<checkpoint::NamedTensor>& state, const std::string& kind, const ParameterLists& lists,
                  const std::vector<torch::Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) state.push_back({kind + "/" + lists.names[i], tensors[i]});
}

}  // namespace hpctrain::train
