// Residual branches that are left out at random.
#pragma once

#include <torch/types.h>

namespace hpctrain::models {

/// Makes the whole branch of each sample zero with this probability and the others larger, so that the mean stays.
/// Draws from torch's default generator, and only when training with a probability above zero.
///   shapes  [N, …] → the same
///   source  Deep Networks with Stochastic Depth, Huang et al. 2016; by sample as in torchvision
torch::Tensor drop_branches(const torch::Tensor& branches, double probability, bool is_training);

}  // namespace hpctrain::models
