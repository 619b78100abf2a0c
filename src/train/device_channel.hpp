// The gradient channel that fits a device, and tensors where that channel sums them fastest. Knows no buckets.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "comm/gradient_channel.hpp"

namespace hpctrain::train {

/// NCCL for GPUs, else the host's channel. `group` outlives it.
///   collective  all ranks of `group`
///   errors      as comm::make_nccl_channel
std::unique_ptr<comm::GradientChannel> make_device_channel(comm::Communicator& group, const torch::Device& device);

/// Zeros in the channel's own memory where it has some for that device, else in ordinary memory.
///   shapes      [elements] of `options`
///   collective  all ranks of the channel
torch::Tensor make_channel_tensor(comm::GradientChannel& channel, std::int64_t elements,
                                  const torch::TensorOptions& options);

}  // namespace hpctrain::train
