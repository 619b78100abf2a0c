#include "train/lars.hpp"

#include <torch/utils.h>

namespace hpctrain::train {

Lars::Lars(const OptimizerSettings& settings, const std::vector<checkpoint::NamedTensor>& parameters,
           const std::vector<torch::Tensor>& layers)
    : settings_(settings), lists_(make_parameter_lists(parameters)), momentum_(zeros_like_all(lists_.values)) {
  for (std::size_t i = 0; i < lists_.values.size(); ++i) {
    const torch::Tensor& layer = layers.empty() ? lists_.values[i] : layers.at(i);
    const bool is_exempt = settings.lars_exempt_vectors && layer.dim() <= 1;
    Group& group = is_exempt ? exempt_ : adaptive_;
    group.layers.push_back(layer);
    group.layer_gradients.push_back(layer.grad());
    group.values.push_back(lists_.values[i]);
    group.gradients.push_back(lists_.gradients[i]);
    group.momentum.push_back(momentum_[i]);
  }
}

void Lars::step(double lr, const std::optional<torch::Tensor>& found_inf) {
  const torch::NoGradGuard no_grad;
  // Unlike torch's fused kernels these cannot skip on the device, so the flag is read, once a step.
  if (found_inf && found_inf->item<float>() != 0) return;
  if (!adaptive_.values.empty()) {
    auto updates = at::_foreach_add(adaptive_.gradients, adaptive_.values, settings_.weight_decay);
    at::_foreach_mul_(updates, layer_rates(lr));
    move(adaptive_, updates);
  }
  if (!exempt_.values.empty()) move(exempt_, at::_foreach_mul(exempt_.gradients, lr));
}

std::vector<torch::Tensor> Lars::layer_rates(double lr) const {
  const auto weights = torch::stack(at::_foreach_norm(adaptive_.layers));
  const auto gradients = torch::stack(at::_foreach_norm(adaptive_.layer_gradients));
  const auto ratio = settings_.trust * weights / (gradients + settings_.weight_decay * weights);
  const auto is_defined = weights.gt(0).logical_and(gradients.gt(0));
  return torch::where(is_defined, ratio, torch::ones_like(ratio)).mul(lr).unbind();
}

void Lars::move(const Group& group, const std::vector<torch::Tensor>& updates) const {
  at::_foreach_mul_(group.momentum, settings_.momentum);
  at::_foreach_add_(group.momentum, updates);
  at::_foreach_sub_(group.values, group.momentum);
}

std::vector<checkpoint::NamedTensor> Lars::state() const {
  std::vector<checkpoint::NamedTensor> state;
  append_state(state, "momentum", lists_, momentum_);
  return state;
}

}  // namespace hpctrain::train
