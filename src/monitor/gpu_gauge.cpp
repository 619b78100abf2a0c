#include "monitor/gpu_gauge.hpp"

#include <algorithm>

namespace hpctrain::monitor {

GpuGauge::GpuGauge(const std::string& library, const std::string& pci_bus_id, std::chrono::milliseconds interval)
    : gpu_(pci_bus_id.empty() ? nullptr : NvmlGpu::open(library, pci_bus_id)) {
  if (gpu_) thread_ = std::thread([this, interval] { run(interval); });
}

GpuGauge::~GpuGauge() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

GpuUse GpuGauge::use() const {
  const std::lock_guard lock(mutex_);
  return use_;
}

void GpuGauge::run(std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  // Waits first: the start is no training.
  while (!wakes_.wait_for(lock, interval, [this] { return is_over_; })) {
    // The driver may take its time: nobody waits for it.
    lock.unlock();
    const auto sample = gpu_->look();
    lock.lock();
    if (!sample) continue;
    use_.samples += 1;
    use_.busy += sample->busy_share;
    use_.watts += sample->watts;
    use_.memory_bytes = std::max(use_.memory_bytes, sample->memory_bytes);
    use_.temperature_celsius = std::max(use_.temperature_celsius, sample->temperature_celsius);
  }
}

}  // namespace hpctrain::monitor
