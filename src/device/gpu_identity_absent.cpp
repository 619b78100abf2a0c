#include "device/gpu_identity.hpp"

namespace hpctrain::device {

std::string gpu_identity(int) {
  return {};
}

std::string gpu_name(int) {
  return "GPU";
}

std::uint64_t gpu_free_bytes(int) {
  return 0;
}

int gpu_capability(int) {
  return 0;
}

int driver_cuda_version() {
  return 0;
}

int built_cuda_version() noexcept {
  return 0;
}

bool is_built_for_gpus() noexcept {
  return false;
}

}  // namespace hpctrain::device
