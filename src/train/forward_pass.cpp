#include "train/forward_pass.hpp"

#include <torch/utils.h>

#include "train/precision.hpp"

namespace hpctrain::train {

torch::Tensor ForwardPass::run(const tasks::Task& task, models::Network& network, const tasks::Batch& batch) const {
  tasks::Batch given = batch;
  given.images = lay_out(given.images, layout_);
  const Autocast autocast(precision_, given.images.device());
  const auto outputs = task.forward(network, given);
  return outputs.scalar_type() == torch::kFloat64 ? outputs : outputs.to(torch::kFloat32);
}

torch::Tensor lay_out(const torch::Tensor& images, ImageLayout layout) {
  if (layout == ImageLayout::as_stored) return images;
  const bool is_last = layout == ImageLayout::channels_last;
  return images.contiguous(is_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

ImageLayout plan_image_layout(ChannelsLast wish, Precision precision, const torch::Device& device) {
  if (wish == ChannelsLast::on) return ImageLayout::channels_last;
  if (wish == ChannelsLast::off) return ImageLayout::planes;
  // Tensor cores read channels last; in float32 on a GPU nothing is gained. CPUs gain in bf16; in float32 they lose
  // when parameters lie channels last, and gain when only the images do.
  const bool is_last = device.is_cuda() ? precision != Precision::fp32 : precision == Precision::bf16;
  return is_last ? ImageLayout::channels_last : ImageLayout::as_stored;
}

bool plan_channels_last(ChannelsLast wish, Precision precision, const torch::Device& device) {
  return plan_image_layout(wish, precision, device) == ImageLayout::channels_last;
}

void lay_channels_last(models::Network& network) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace hpctrain::train
