// The image field of a data set as normalised device tensors: shared by every task that looks at pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"
#include "device/work_times.hpp"
#include "tasks/augmentation_plan.hpp"
#include "tasks/device_records.hpp"

namespace hpctrain::tasks {

class ImageField {
 public:
  /// `size` is what images are resized to on the device; unset: as they are delivered.
  ///   errors  Fault::data when the data set has no dense u8 field "image" with axes HWC
  explicit ImageField(const data::DatasetIndex& index, std::optional<data::ImageSize> size = std::nullopt);

  /// Of the images that networks see.
  std::int64_t height() const noexcept { return height_; }
  std::int64_t width() const noexcept { return width_; }
  std::int64_t channels() const noexcept { return channels_; }

  /// Pixels of the images that networks see per delivered pixel.
  double scale_x() const noexcept { return static_cast<double>(width_) / static_cast<double>(stored_width_); }
  double scale_y() const noexcept { return static_cast<double>(height_) / static_cast<double>(stored_height_); }

  /// (pixel - mean) / standard deviation, with the training split's statistics of each channel.
  ///   shapes  [records.count(), channels, height, width] float32
  torch::Tensor normalised(const DeviceRecords& records) const;

  /// The same, changed by one plan per image before it is normalised; squares that are cut out become 0, the mean.
  ///   shapes  plans [records.count()] → as normalised()
  torch::Tensor augmented(const DeviceRecords& records, std::span<const AugmentationPlan> plans) const;

  /// Seconds of every kind of operation so far, without those that took less than a millisecond in all.
  ///   blocks  as device::WorkTimes::seconds
  std::map<std::string, double> operation_seconds() const;

 private:
  torch::Tensor stored_pixels(const DeviceRecords& records) const;
  torch::Tensor resized(const torch::Tensor& pixels) const;
  torch::Tensor normalise(torch::Tensor pixels) const;
  bool is_resized() const noexcept { return height_ != stored_height_ || width_ != stored_width_; }

  std::size_t field_;
  std::int64_t stored_height_ = 0;
  std::int64_t stored_width_ = 0;
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  std::int64_t channels_ = 0;
  // [C, 1, 1], moved to the device of the first images.
  mutable torch::Tensor scale_;  ///< 1 / standard deviation
  mutable torch::Tensor shift_;  ///< -mean / standard deviation
  mutable device::WorkTimes times_;
};

}  // namespace hpctrain::tasks
