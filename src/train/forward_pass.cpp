#include "train/forward_pass.hpp"

#include <torch/utils.h>

#include "train/precision.hpp"

namespace hpctrain::train {

torch::Tensor ForwardPass::run(const tasks::Task& task, models::Network& network, const tasks::Batch& batch) const {
  tasks::Batch given = batch;
  given.images = lay_out(given.images, is_channels_last_);
  const Autocast autocast(precision_, given.images.device());
  return task.forward(network, given).to(torch::kFloat32);
}

torch::Tensor lay_out(const torch::Tensor& images, bool is_channels_last) {
  return images.contiguous(is_channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

bool plan_channels_last(ChannelsLast wish, Precision precision, const torch::Device& device) {
  if (wish != ChannelsLast::automatic) return wish == ChannelsLast::on;
  // Tensor cores read channels last; in float32 on a GPU nothing is gained. CPUs gain in bf16 and lose in float32.
  return device.is_cuda() ? precision != Precision::fp32 : precision == Precision::bf16;
}

void lay_channels_last(models::Network& network) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace hpctrain::train
