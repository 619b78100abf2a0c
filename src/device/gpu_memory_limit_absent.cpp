#include "core/error.hpp"
#include "device/gpu_memory_limit.hpp"

namespace hpctrain::device {

void limit_gpu_memory(int, std::optional<std::uint64_t>) {
  throw Error(Fault::bug, "a GPU's memory is limited in a build without CUDA");
}

}  // namespace hpctrain::device
