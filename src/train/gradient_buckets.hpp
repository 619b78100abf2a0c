// Gradients in flat buffers, and their sum over all ranks. Owns the memory that parameters' gradients are views of.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/gradient_channel.hpp"
#include "train/bucket_plan.hpp"

namespace hpctrain::train {

class GradientBuckets {
 public:
  /// Makes every parameter's gradient a view into a bucket.
  ///   shapes  bucket b: [elements_b] float32 on the parameters' device; one more element for the loss in the last one
  explicit GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters);

  void zero();

  /// Adds to this rank's loss of the step; it is summed with the gradients, so reporting it costs no message.
  void add_loss(const torch::Tensor& loss);

  /// Replaces every gradient, and the loss, by its sum over the channel's ranks.
  ///   collective  all ranks, same buckets in the same order
  ///   blocks      until the sums are there (CPU) or enqueued (GPU)
  ///   cost        2 (n-1)/n of the bytes leave each rank, n = ranks
  ///   errors      Fault::stopped when a peer died
  void sum_over_ranks(comm::GradientChannel& channel, void* compute_stream);

  /// The loss after sum_over_ranks; a copy, so the next step does not change it.   shapes  scalar float32
  torch::Tensor loss() const;

  const std::string& layout_digest() const noexcept { return plan_.digest; }

 private:
  BucketPlan plan_;
  std::vector<torch::Tensor> buffers_;
  torch::Tensor loss_;  ///< view of the last buffer's last element
};

}  // namespace hpctrain::train
