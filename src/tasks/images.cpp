#include "tasks/images.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "device/device.hpp"
#include "tasks/augmentation.hpp"

namespace hpctrain::tasks {
namespace {

constexpr double kFullIntensity = 255;

/// A channel without spread (a blank border, a test pattern) is only shifted.
double spread_or_one(double standard_deviation) {
  return standard_deviation > 1e-8 ? standard_deviation : 1.0;
}

}  // namespace

ImageField::ImageField(const data::DatasetIndex& index) : field_(index.field_position("image")) {
  const auto& schema = index.fields[field_];
  require(schema.kind == data::FieldKind::dense && schema.type == data::ElementType::u8 && schema.axes == "HWC" &&
              schema.sample_shape.size() == 3,
          Fault::data,
          index.folder.string() +
              ": field 'image' is not a dense array of u8 with axes HWC; pack the data set with "
              "hpctrain-pack");
  height_ = static_cast<std::int64_t>(schema.sample_shape[0]);
  width_ = static_cast<std::int64_t>(schema.sample_shape[1]);
  channels_ = static_cast<std::int64_t>(schema.sample_shape[2]);

  const auto& statistics = index.statistics.at(field_);
  require(statistics.mean.size() == schema.sample_shape[2] &&
              statistics.standard_deviation.size() == statistics.mean.size(),
          Fault::data,
          index.folder.string() + ": the manifest lacks mean and deviation of each image channel; pack it again");
  std::vector<double> scale;
  std::vector<double> shift;
  for (std::size_t channel = 0; channel < statistics.mean.size(); ++channel) {
    scale.push_back(1.0 / spread_or_one(statistics.standard_deviation[channel]));
    shift.push_back(-statistics.mean[channel] * scale.back());
  }
  scale_ = torch::tensor(scale, torch::kFloat64).to(torch::kFloat32).view({-1, 1, 1});
  shift_ = torch::tensor(shift, torch::kFloat64).to(torch::kFloat32).view({-1, 1, 1});
}

torch::Tensor ImageField::normalised(const data::MicroBatch& records, const torch::Device& device) const {
  return normalise(pixels(records, device));
}

torch::Tensor ImageField::augmented(const data::MicroBatch& records, const torch::Device& device,
                                    std::span<const AugmentationPlan> plans) const {
  const auto intensities = pixels(records, device).div_(kFullIntensity);
  return normalise(augment_images(intensities, plans).mul_(kFullIntensity));
}

torch::Tensor ImageField::pixels(const data::MicroBatch& records, const torch::Device& device) const {
  const auto count = static_cast<std::int64_t>(records.count);
  const auto stored =
      device::upload(records.rows[field_].data(), {count, height_, width_, channels_}, torch::kUInt8, device);
  const auto images = stored.permute({0, 3, 1, 2}).to(torch::kFloat32);
  // With one channel the permuted layout is already row-major; otherwise this keeps channels last, as convolutions
  // like.
  return channels_ == 1 ? images.view({count, 1, height_, width_}) : images;
}

torch::Tensor ImageField::normalise(torch::Tensor pixels) const {
  return pixels.mul_(scale_.to(pixels.device())).add_(shift_.to(pixels.device()));
}

}  // namespace hpctrain::tasks
