// The twin of nccl_channel_nccl.cpp for builds without the CUDA runtime and NCCL.
#include "comm/gradient_channel.hpp"

namespace hpctrain::comm {

std::unique_ptr<GradientChannel> make_nccl_channel(Communicator& /*group*/, int device_ordinal) {
  throw Error(Fault::device, "connecting GPU " + std::to_string(device_ordinal) +
                                 " by NCCL: this program was built without NCCL; configure with -D HPCTRAIN_CUDA=ON "
                                 "and build again, or train with --device cpu");
}

bool has_nccl() noexcept {
  return false;
}

}  // namespace hpctrain::comm
