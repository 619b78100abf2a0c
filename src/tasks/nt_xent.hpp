// The loss of contrastive learning, on embeddings wherever they lie. Knows no images and no ranks.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace hpctrain::tasks {

/// Normalised, temperature-scaled cross-entropy: each view is to find the other view of its sample among all other
/// views. A sample's loss is the mean of its two views', so the mean over samples is the loss of the paper.
///   shapes  embeddings [b, 2, D] of any length, float32 or float64 → [b]
///   cost    (2b)² similarities at once
///   source  A Simple Framework for Contrastive Learning of Visual Representations, Chen et al. 2020, equation 1
torch::Tensor nt_xent_losses(const torch::Tensor& embeddings, double temperature);

/// What these losses of float32 embeddings and their gradient take at their peak, beside vectors.
std::uint64_t nt_xent_bytes(std::uint64_t samples);

}  // namespace hpctrain::tasks
