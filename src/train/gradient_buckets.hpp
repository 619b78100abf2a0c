// Gradients in flat buffers. Owns the memory that parameters' gradients are views of; who sums it is not its business.
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
  ///   shapes  bucket b: [elements_b] of the parameters' own type and device, float32 or float64
  /// `channel`: where they are summed, and so whose memory they lie in where it has some of its own.
  ///   collective  all ranks of the channel
  GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters, std::int64_t passengers,
                  comm::GradientChannel& channel);

  /// Gradients and passengers.
  void zero();

  /// The values that ride along: the step's loss, batch statistics.   shapes  [passengers], as the gradients
  const torch::Tensor& passengers() const noexcept { return passengers_; }

  /// Everything in one piece, for those who add it apart.   shapes  [all elements and what aligns them], as the
  /// gradients
  const torch::Tensor& slab() const noexcept { return slab_; }

  const BucketPlan& plan() const noexcept { return plan_; }
  /// One bucket's elements, passengers included where it is the last.
  comm::Span span(std::size_t bucket) const;
  const std::string& layout_digest() const noexcept { return plan_.digest; }

 private:
  void make_buffers(std::int64_t passengers, const torch::TensorOptions& options, comm::GradientChannel& channel);

  BucketPlan plan_;
  torch::Tensor slab_;
  std::vector<torch::Tensor> buffers_;  ///< views of the slab
  torch::Tensor passengers_;            ///< view of the last buffer's end
};

}  // namespace hpctrain::train
