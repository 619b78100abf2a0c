// Training images that are two at once, with both their labels: how much of each, drawn on the host.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

namespace hpctrain::tasks {

/// How much of a mixed sample is its own, from Beta(alpha, alpha): a pure function of (seed, epoch, sample id).
///   units   0 … 1; alpha above 0, at most 1
///   source  mixup, Zhang et al. 2018; Jöhnk's generator of Beta variates, 1964
double draw_own_share(double alpha, std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id);

/// The same for each sample.   shapes  → [N] float32 on `device`
torch::Tensor draw_own_shares(double alpha, std::uint64_t seed, std::uint64_t epoch,
                              std::span<const std::uint64_t> sample_ids, const torch::Device& device);

/// shares · own + (1 − shares) · partners.
///   shapes  own, partners [N, …] float32; shares [N]
torch::Tensor mix(const torch::Tensor& own, const torch::Tensor& partners, const torch::Tensor& shares);

}  // namespace hpctrain::tasks
