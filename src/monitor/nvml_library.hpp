// NVIDIA's management library, where the node has one: opened while the program runs, so that neither building nor
// starting needs it. Knows one GPU. Must not know who asks.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace hpctrain::monitor {

inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";

/// One look at a GPU. What the driver does not tell is 0.
struct GpuSample {
  double busy_share = 0;  ///< of the driver's last measuring period, up to a second
  double memory_bytes = 0;
  double temperature_celsius = 0;
  double watts = 0;
};

/// Any thread, one at a time.
class NvmlGpu {
 public:
  /// Null where the library, a function of it, or that GPU is missing.
  ///   `pci_bus_id`  "0000:3B:00.0", as CUDA says it
  static std::unique_ptr<NvmlGpu> open(const std::string& library, const std::string& pci_bus_id);
  ~NvmlGpu();
  NvmlGpu(const NvmlGpu&) = delete;
  NvmlGpu& operator=(const NvmlGpu&) = delete;

  /// Empty when the driver does not answer.
  ///   cost  some tens of microseconds to a millisecond
  std::optional<GpuSample> look() const;

 private:
  struct Functions;
  NvmlGpu(void* library, std::unique_ptr<Functions> functions, void* device);

  void* library_;
  std::unique_ptr<Functions> functions_;
  void* device_;
};

}  // namespace hpctrain::monitor
