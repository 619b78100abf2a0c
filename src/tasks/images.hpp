// The image field of a data set as normalised device tensors: shared by every task that looks at pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

class ImageField {
 public:
  ///   errors  Fault::data when the data set has no dense u8 field "image" with axes HWC
  explicit ImageField(const data::DatasetIndex& index);

  std::int64_t height() const noexcept { return height_; }
  std::int64_t width() const noexcept { return width_; }
  std::int64_t channels() const noexcept { return channels_; }

  /// (pixel - mean) / standard deviation, with the training split's statistics of each channel.
  ///   shapes  [records.count, channels, height, width] float32
  torch::Tensor normalised(const data::MicroBatch& records, const torch::Device& device) const;

  /// The same, changed by one plan per image before it is normalised.
  ///   shapes  plans [records.count] → as normalised()
  torch::Tensor augmented(const data::MicroBatch& records, const torch::Device& device,
                          std::span<const AugmentationPlan> plans) const;

 private:
  torch::Tensor pixels(const data::MicroBatch& records, const torch::Device& device) const;
  torch::Tensor normalise(torch::Tensor pixels) const;

  std::size_t field_;
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  std::int64_t channels_ = 0;
  torch::Tensor scale_;  ///< [C, 1, 1]: 1 / standard deviation
  torch::Tensor shift_;  ///< [C, 1, 1]: -mean / standard deviation
};

}  // namespace hpctrain::tasks
