// Batch statistics on their way from forward passes to running averages. Layers collect sums, `train` adds them over
// micro-batches and ranks and hands them back once per optimizer step. Knows no ranks.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <vector>

namespace hpctrain::models {

/// Adds numbers over ranks, for layers that normalise by the statistics of all of them.
class StatisticsReducer {
 public:
  virtual ~StatisticsReducer() = default;

  /// Replaces `sums` by its sum over all ranks, with equal bits on each.
  ///   shapes      any, contiguous float64 on the layer's device
  ///   collective  all ranks, same shapes in the same order
  virtual void add_over_ranks(const torch::Tensor& sums) = 0;
};

/// A layer whose running statistics move once per optimizer step instead of in every forward pass, so that they are
/// equal on all ranks and count steps, not micro-batches.
class StatisticsOwner {
 public:
  virtual ~StatisticsOwner() = default;

  /// What the training-mode forwards since the last clear_staged() add up to; zeros when there were none. Sums over
  /// micro-batches, so those of several ranks simply add.
  ///   shapes  [2C+1] float32 on the layer's device: Σ count, Σ count·mean_c, Σ count·variance_c
  virtual const torch::Tensor& staged() = 0;

  /// Moves the running statistics by `sums` = staged() added over all ranks. Counts one step; zero sums change nothing.
  /// What is staged stays. No device synchronisation.
  virtual void apply_staged(const torch::Tensor& sums) = 0;

  /// From now on training-mode forwards normalise over all ranks of `reducer`, which outlives the layer; null: over
  /// their own micro-batch.
  virtual void normalise_over(StatisticsReducer* reducer) = 0;

  /// For the next step, and for a step that is dropped and repeated.
  virtual void clear_staged() = 0;
};

/// All such layers of `network` in module order: equal networks give equal lists. Empty: nothing to collect.
std::vector<StatisticsOwner*> statistics_owners(const torch::nn::Module& network);

}  // namespace hpctrain::models
