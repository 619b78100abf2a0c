#include <c10/cuda/CUDACachingAllocator.h>

#include <algorithm>

#include "device/gpu_memory_limit.hpp"

namespace hpctrain::device {

void limit_gpu_memory(int ordinal, std::optional<std::uint64_t> bytes) {
  // As registered by torch's half for GPUs, which this program is not linked against: it is loaded where a GPU is.
  auto* allocator = static_cast<c10::cuda::CUDACachingAllocator::CUDAAllocator*>(c10::GetAllocator(c10::kCUDA));
  const auto index = static_cast<c10::DeviceIndex>(ordinal);
  const auto total = static_cast<double>(allocator->getMemoryInfo(index).second);
  allocator->setMemoryFraction(bytes ? std::min(1.0, static_cast<double>(*bytes) / total) : 1.0, index);
}

}  // namespace hpctrain::device
