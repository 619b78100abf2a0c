// The road between the devices that ranks compute on.
#pragma once

#include <torch/types.h>

#include <memory>

#include "comm/gradient_channel.hpp"

namespace hpctrain::train {

/// NCCL where `device` is a GPU, else the host's channel.   collective, errors  as comm::make_nccl_channel()
inline std::unique_ptr<comm::GradientChannel> make_device_channel(comm::Communicator& group,
                                                                  const torch::Device& device) {
  return device.is_cuda() ? comm::make_nccl_channel(group, device.index()) : comm::make_host_channel(group);
}

}  // namespace hpctrain::train
