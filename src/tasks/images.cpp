#include "tasks/images.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "device/device.hpp"
#include "tasks/augmentation.hpp"
#include "tasks/augmentation_colour.hpp"

namespace hpctrain::tasks {
namespace {

constexpr double kFullIntensity = 255;
constexpr double kLeastToldSeconds = 0.001;

/// A channel without spread (a blank border, a test pattern) is only shifted.
double spread_or_one(double standard_deviation) {
  return standard_deviation > 1e-8 ? standard_deviation : 1.0;
}

}  // namespace

ImageField::ImageField(const data::DatasetIndex& index, std::optional<data::ImageSize> size)
    : field_(index.field_position("image")) {
  const auto& schema = index.fields[field_];
  require(schema.kind == data::FieldKind::dense && schema.type == data::ElementType::u8 && schema.axes == "HWC" &&
              schema.sample_shape.size() == 3,
          Fault::data,
          index.folder.string() +
              ": field 'image' is not a dense array of u8 with axes HWC; pack the data set with "
              "hpctrain-pack");
  stored_height_ = static_cast<std::int64_t>(schema.sample_shape[0]);
  stored_width_ = static_cast<std::int64_t>(schema.sample_shape[1]);
  height_ = size ? size->height : stored_height_;
  width_ = size ? size->width : stored_width_;
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

torch::Tensor ImageField::normalised(const DeviceRecords& records) const {
  return normalise(resized(stored_pixels(records).to(torch::kFloat32)));
}

torch::Tensor ImageField::augmented(const DeviceRecords& records, std::span<const AugmentationPlan> plans) const {
  auto pixels = stored_pixels(records);
  if (is_resized()) pixels = resized(pixels.to(torch::kFloat32));
  pixels = times_.measure("crop and flip", records.device, [&] { return move_pixels(pixels, plans); });
  // One layout whatever the strides: some functions round otherwise where neighbours do not lie together.
  const auto intensities = (pixels.to(torch::kFloat32) / kFullIntensity).contiguous();
  const auto augmented = augment_images(intensities, plans, times_).mul_(kFullIntensity);
  const auto images = normalise(channels_ == 1 ? augmented : augmented.contiguous(torch::MemoryFormat::ChannelsLast));
  return times_.measure("cutout", records.device, [&] { return cut_out(images, plans, 0); });
}

std::map<std::string, double> ImageField::operation_seconds() const {
  auto seconds = times_.seconds();
  // An operation that changes no image is measured too.
  std::erase_if(seconds, [](const auto& entry) { return entry.second < kLeastToldSeconds; });
  return seconds;
}

torch::Tensor ImageField::stored_pixels(const DeviceRecords& records) const {
  const auto stored = records.fields[field_].view({records.count(), stored_height_, stored_width_, channels_});
  // With one channel the permuted layout is already row-major; otherwise this keeps channels last, as convolutions
  // like.
  return channels_ == 1 ? stored.view({records.count(), 1, stored_height_, stored_width_})
                        : stored.permute({0, 3, 1, 2});
}

torch::Tensor ImageField::resized(const torch::Tensor& pixels) const {
  if (!is_resized()) return pixels;
  return times_.measure("resize", pixels.device(), [&] {
    return torch::_upsample_bilinear2d_aa(pixels, {height_, width_}, /*align_corners=*/false);
  });
}

torch::Tensor ImageField::normalise(torch::Tensor pixels) const {
  if (scale_.device() != pixels.device()) {
    scale_ = device::send(scale_, pixels.device());
    shift_ = device::send(shift_, pixels.device());
  }
  return pixels.mul_(scale_).add_(shift_);
}

}  // namespace hpctrain::tasks
