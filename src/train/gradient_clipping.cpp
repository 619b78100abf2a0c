#include "train/gradient_clipping.hpp"

#include <torch/utils.h>

namespace hpctrain::train {

torch::Tensor clip_gradients(const std::vector<torch::Tensor>& gradients, double most_norm) {
  const torch::NoGradGuard no_grad;
  const auto norm = torch::stack(at::_foreach_norm(gradients)).norm();
  // The factor is applied even where it is 1: asking would wait for the device.
  at::_foreach_mul_(gradients, torch::clamp_max(most_norm / (norm + 1e-6), 1.0));
  return norm;
}

}  // namespace hpctrain::train
