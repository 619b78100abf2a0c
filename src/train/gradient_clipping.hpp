// Clipping by the norm over all gradients of the network.
#pragma once

#include <torch/types.h>

#include <vector>

namespace hpctrain::train {

/// Scales gradients down so that their common 2-norm is at most `most_norm`; returns the norm before.
///   shapes  scalar float32 on the device
///   blocks  no
///   source  Pascanu et al. 2013, as torch.nn.utils.clip_grad_norm_
torch::Tensor clip_gradients(const std::vector<torch::Tensor>& gradients, double most_norm);

}  // namespace hpctrain::train
