// Batch normalisation that leaves its running statistics alone in forward; see statistics.hpp for who moves them.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>

#include "models/statistics.hpp"

namespace hpctrain::models {

/// Computes what torch::nn::BatchNorm2d computes, under the same parameter and buffer names. In training mode the mean
/// and variance of each micro-batch normalise it and are staged for apply_staged():
///
///   mean     = Σ nᵢ meanᵢ / Σ nᵢ      nᵢ = values per channel in micro-batch i, of any rank
///   variance = Σ nᵢ vᵢ / Σ nᵢ         vᵢ = unbiased variance of micro-batch i around its own mean, as torch keeps it
///
/// With normalise_over() the mean and variance are those of all ranks' micro-batches together, and so is what is
/// staged. One micro-batch on one rank gives torch's running statistics. What backward runs again (recomputation.hpp)
/// counts once. A micro-batch forwarded twice by other hands counts twice; where all are, the weighted means stay the
/// same.
class BatchNorm : public torch::nn::Module, public StatisticsOwner {
 public:
  explicit BatchNorm(std::int64_t channels, double epsilon = 1e-5, double momentum = 0.1);

  /// shapes  [N, C, H, W] → the same; N may be 0, which stages nothing
  /// errors  Fault::usage in training mode when there is one value per channel: it has no variance
  torch::Tensor forward(const torch::Tensor& input);

  const torch::Tensor& staged() override;
  void normalise_over(StatisticsReducer* reducer) override { reducer_ = reducer; }
  void apply_staged(const torch::Tensor& sums) override;
  void clear_staged() override;

 private:
  torch::Tensor normalised_by_batch(const torch::Tensor& input);
  torch::Tensor normalised_over_ranks(const torch::Tensor& input);
  void stage(std::int64_t count, const torch::Tensor& mean, const torch::Tensor& variance);

  double epsilon_;
  double momentum_;  ///< weight of the newest step in the running statistics
  torch::Tensor weight_;
  torch::Tensor bias_;
  torch::Tensor running_mean_;
  torch::Tensor running_var_;
  torch::Tensor num_batches_tracked_;
  StatisticsReducer* reducer_ = nullptr;
  torch::Tensor staged_;  ///< no buffer: it must not show up in checkpoints
};

}  // namespace hpctrain::models
