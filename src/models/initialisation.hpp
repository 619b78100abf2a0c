// First values of parameters that several networks draw alike.
#pragma once

#include <torch/nn/module.h>

namespace hpctrain::models {

/// Weights of every convolution from a normal distribution of variance 2 / fan-out, biases zero. Draws from torch's
/// default generator, in module order.
///   source  Delving Deep into Rectifiers, He et al. 2015
void initialise_convolutions(const torch::nn::Module& network);

}  // namespace hpctrain::models
