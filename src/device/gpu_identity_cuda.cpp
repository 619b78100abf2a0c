#include <cuda_runtime.h>

#include <array>

#include "core/text_format.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::device {

std::string gpu_identity(int ordinal) {
  std::array<char, 32> text{};
  const auto code = cudaDeviceGetPCIBusId(text.data(), static_cast<int>(text.size()), ordinal);
  return code == cudaSuccess ? std::string(text.data()) : std::string();
}

std::string gpu_name(int ordinal) {
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, ordinal) != cudaSuccess) return "GPU";
  return std::string(properties.name) + ", " + format_bytes(properties.totalGlobalMem);
}

std::uint64_t gpu_free_bytes(int ordinal) {
  std::size_t free = 0, total = 0;
  const bool is_known = cudaSetDevice(ordinal) == cudaSuccess && cudaMemGetInfo(&free, &total) == cudaSuccess;
  return is_known ? free : 0;
}

int gpu_capability(int ordinal) {
  int major = 0;
  const auto code = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
  return code == cudaSuccess ? major : 0;
}

int driver_cuda_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

int built_cuda_version() noexcept {
  return CUDART_VERSION;
}

bool is_built_for_gpus() noexcept {
  return true;
}

}  // namespace hpctrain::device
