// Looks at this rank's GPU every few seconds, on a thread of its own, while the run lives. Must not know what is done
// with the figures.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "monitor/gpu_use.hpp"
#include "monitor/nvml_library.hpp"

namespace hpctrain::monitor {

class GpuGauge {
 public:
  /// Where the library or the GPU is missing nothing is ever sampled, and no thread is started.
  GpuGauge(const std::string& library, const std::string& pci_bus_id,
           std::chrono::milliseconds interval = std::chrono::seconds(2));
  ~GpuGauge();

  /// Since the start. Any thread.
  GpuUse use() const;

 private:
  void run(std::chrono::milliseconds interval);

  std::unique_ptr<NvmlGpu> gpu_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool is_over_ = false;
  GpuUse use_;
  std::thread thread_;
};

}  // namespace hpctrain::monitor
