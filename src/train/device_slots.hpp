// Batch slots in memory that the device can read by DMA: the seam between `data` (which knows no device) and `device`.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "data/loader.hpp"
#include "device/device.hpp"

namespace hpctrain::train {

class DeviceSlots : public data::SlotAllocator {
 public:
  explicit DeviceSlots(const torch::Device& device) : device_(device) {}

  std::byte* allocate(std::size_t bytes) override;
  void release(std::byte* memory) noexcept override;

  /// Of all slots that are there.
  std::uint64_t bytes() const;

 private:
  torch::Device device_;
  mutable std::mutex mutex_;
  std::unordered_map<std::byte*, device::HostBuffer> buffers_;
};

}  // namespace hpctrain::train
