#include "device/tensor_memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>
#include <torch/utils.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>
#include <string>

#include "core/memory_room.hpp"
#include "device/gpu_memory_limit.hpp"

namespace hpctrain::device {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint8_t kAboveTorchsOwn = 10;  // torch's allocator has 0; the highest number is asked

/// Counts what malloc really gave, which it can tell at the end as well: a block then needs no header.
class MeteredAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    const std::uint64_t before = allocated_.load(std::memory_order_relaxed);
    if (bytes > limit_.load(std::memory_order_relaxed) || before > limit_.load(std::memory_order_relaxed) - bytes) {
      refuse(bytes, before);
    }
    void* memory = c10::alloc_cpu(bytes);
    if (memory != nullptr) add(malloc_usable_size(memory));
    return {memory, memory, &release, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

  MemoryUse use() const {
    const std::uint64_t allocated = allocated_.load(), peak = peak_.load();
    return {allocated, peak, allocated, peak};
  }
  void restart_peak() { peak_.store(allocated_.load()); }
  void set_limit(std::uint64_t bytes) { limit_.store(bytes); }

 private:
  void add(std::uint64_t bytes) {
    const std::uint64_t now = allocated_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    std::uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (peak < now && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
  }

  [[noreturn]] void refuse(std::size_t bytes, std::uint64_t before) const {
    TORCH_CHECK_WITH(OutOfMemoryError, false, "not enough memory: ", bytes, " bytes were asked for, ", before, " of ",
                     limit_.load(), " allowed bytes are held");
    throw std::bad_alloc();  // never reached; the macro does not say so
  }

  static void release(void* memory);

  std::atomic<std::uint64_t> allocated_{0}, peak_{0}, limit_{kNoLimit};
};

/// Never destroyed: tensors that live until the process ends are given back to it.
MeteredAllocator& metered_allocator() {
  static auto* const allocator = new MeteredAllocator();
  return *allocator;
}

void MeteredAllocator::release(void* memory) {
  if (memory == nullptr) return;
  metered_allocator().allocated_.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  c10::free_cpu(memory);
}

MemoryUse read_gpu_memory(const torch::Device& device) {
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  const auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto bytes = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  return {bytes(stats.allocated_bytes[all].current), bytes(stats.allocated_bytes[all].peak),
          bytes(stats.reserved_bytes[all].current), bytes(stats.reserved_bytes[all].peak)};
}

}  // namespace

void meter_host_tensors() {
  c10::SetCPUAllocator(&metered_allocator(), kAboveTorchsOwn);
}

MemoryUse read_memory_use(const torch::Device& device) {
  return device.is_cpu() ? metered_allocator().use() : read_gpu_memory(device);
}

void restart_memory_peak(const torch::Device& device) {
  if (device.is_cpu()) {
    metered_allocator().restart_peak();
  } else {
    c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
  }
}

void limit_memory(const torch::Device& device, std::optional<std::uint64_t> bytes) {
  if (device.is_cpu()) {
    metered_allocator().set_limit(bytes.value_or(kNoLimit));
  } else {
    limit_gpu_memory(device.index(), bytes);
  }
}

std::uint64_t total_memory(const torch::Device& device) {
  if (!device.is_cpu()) return c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).second;
  const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return 0;
  const std::uint64_t physical = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
  return std::min(physical, memory_limit().value_or(physical));
}

std::uint64_t free_memory(const torch::Device& device) {
  if (!device.is_cpu()) {
    const MemoryUse use = read_gpu_memory(device);
    const auto [unused, total] = c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index());
    return unused + use.reserved_bytes - use.allocated_bytes;
  }
  return memory_room();
}

void release_cached_memory(const torch::Device& device) {
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
}

/// Torch has a type of its own for GPUs only; on the host its allocator says so in words.
bool is_lack_of_memory(const std::exception& failure) {
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&failure) != nullptr) return true;
  const std::string text = failure.what();
  return text.find("can't allocate memory") != std::string::npos || text.find("not enough memory") != std::string::npos;
}

}  // namespace hpctrain::device
