#include "train/device_slots.hpp"

namespace hpctrain::train {

std::byte* DeviceSlots::allocate(std::size_t bytes) {
  device::HostBuffer buffer(bytes, device_);
  std::byte* memory = buffer.data();
  const std::lock_guard lock(mutex_);
  buffers_.emplace(memory, std::move(buffer));
  return memory;
}

void DeviceSlots::release(std::byte* memory) noexcept {
  const std::lock_guard lock(mutex_);
  buffers_.erase(memory);
}

}  // namespace hpctrain::train
