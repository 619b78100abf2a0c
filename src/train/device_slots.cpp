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

std::uint64_t DeviceSlots::bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& [memory, buffer] : buffers_) bytes += buffer.bytes();
  return bytes;
}

}  // namespace hpctrain::train
