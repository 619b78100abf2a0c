#include "train/device_channel.hpp"

#include <torch/utils.h>

namespace hpctrain::train {

std::unique_ptr<comm::GradientChannel> make_device_channel(comm::Communicator& group, const torch::Device& device) {
  return device.is_cuda() ? comm::make_nccl_channel(group, device.index()) : comm::make_host_channel(group);
}

torch::Tensor make_channel_tensor(comm::GradientChannel& channel, std::int64_t elements,
                                  const torch::TensorOptions& options) {
  const auto bytes = static_cast<std::size_t>(elements) * options.dtype().itemsize();
  const auto memory = options.device().is_cpu() ? channel.make_memory(bytes) : nullptr;
  if (!memory) return torch::zeros({elements}, options);
  // The tensor keeps the memory.
  return torch::from_blob(
      memory.get(), {elements}, [memory](void*) {}, options);
}

}  // namespace hpctrain::train
