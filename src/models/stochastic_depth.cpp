#include "models/stochastic_depth.hpp"

#include <torch/utils.h>

#include <vector>

namespace hpctrain::models {

torch::Tensor drop_branches(const torch::Tensor& branches, double probability, bool is_training) {
  if (!is_training || probability == 0) return branches;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(branches.dim()), 1);
  shape.front() = branches.size(0);
  const double kept = 1 - probability;
  return branches * torch::empty(shape, branches.options()).bernoulli_(kept).div_(kept);
}

}  // namespace hpctrain::models
