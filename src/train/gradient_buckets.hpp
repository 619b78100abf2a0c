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
  /// `passengers`: further values that are summed in the same messages, at the end of the last bucket.
  ///   shapes  bucket b: [elements_b] float32 on the parameters' device
  GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters, std::int64_t passengers);

  /// Gradients and passengers.
  void zero();

  /// The values that ride along: the step's loss, batch statistics.   shapes  [passengers] float32
  const torch::Tensor& passengers() const noexcept { return passengers_; }

  /// Replaces every gradient and passenger by its sum over the channel's ranks.
  ///   collective  all ranks, same buckets in the same order
  ///   blocks      until the sums are there (CPU) or enqueued (GPU)
  ///   cost        2 (n-1)/n of the bytes leave each rank, n = ranks
  ///   errors      Fault::stopped when a peer died
  void sum_over_ranks(comm::GradientChannel& channel, void* compute_stream);

  const std::string& layout_digest() const noexcept { return plan_.digest; }

 private:
  BucketPlan plan_;
  std::vector<torch::Tensor> buffers_;
  torch::Tensor passengers_;  ///< view of the last buffer's end
};

}  // namespace hpctrain::train
