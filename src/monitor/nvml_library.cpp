// Neither Debian nor PyPI ships nvml.h: these declarations are of NVML's stable C interface.
//   source  NVML API reference: nvmlInit_v2, nvmlDeviceGetHandleByPciBusId_v2, nvmlUtilization_t, nvmlMemory_t
#include "monitor/nvml_library.hpp"

#include <dlfcn.h>

namespace hpctrain::monitor {
namespace {

constexpr int kSuccess = 0;
constexpr unsigned kCoreTemperature = 0;

struct Utilization {
  unsigned gpu = 0;     ///< percent
  unsigned memory = 0;  ///< percent
};

struct Memory {
  unsigned long long total = 0, free = 0, used = 0;
};

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

struct NvmlGpu::Functions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*handle)(const char*, void**) = nullptr;
  int (*utilization)(void*, Utilization*) = nullptr;
  int (*memory)(void*, Memory*) = nullptr;
  int (*temperature)(void*, unsigned, unsigned*) = nullptr;
  int (*power)(void*, unsigned*) = nullptr;

  bool find_all(void* library) {
    return find(library, "nvmlInit_v2", init) && find(library, "nvmlShutdown", shutdown) &&
           find(library, "nvmlDeviceGetHandleByPciBusId_v2", handle) &&
           find(library, "nvmlDeviceGetUtilizationRates", utilization) &&
           find(library, "nvmlDeviceGetMemoryInfo", memory) && find(library, "nvmlDeviceGetTemperature", temperature) &&
           find(library, "nvmlDeviceGetPowerUsage", power);
  }
};

std::unique_ptr<NvmlGpu> NvmlGpu::open(const std::string& library, const std::string& pci_bus_id) {
  void* opened = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return nullptr;
  auto functions = std::make_unique<Functions>();
  void* device = nullptr;
  if (!functions->find_all(opened) || functions->init() != kSuccess) {
    ::dlclose(opened);
    return nullptr;
  }
  if (functions->handle(pci_bus_id.c_str(), &device) != kSuccess) {
    functions->shutdown();
    ::dlclose(opened);
    return nullptr;
  }
  return std::unique_ptr<NvmlGpu>(new NvmlGpu(opened, std::move(functions), device));
}

NvmlGpu::NvmlGpu(void* library, std::unique_ptr<Functions> functions, void* device)
    : library_(library), functions_(std::move(functions)), device_(device) {}

NvmlGpu::~NvmlGpu() {
  functions_->shutdown();
  ::dlclose(library_);
}

std::optional<GpuSample> NvmlGpu::look() const {
  Utilization utilization;
  if (functions_->utilization(device_, &utilization) != kSuccess) return std::nullopt;
  GpuSample sample{.busy_share = utilization.gpu / 100.0};
  Memory memory;
  unsigned temperature = 0, milliwatts = 0;
  if (functions_->memory(device_, &memory) == kSuccess) sample.memory_bytes = static_cast<double>(memory.used);
  if (functions_->temperature(device_, kCoreTemperature, &temperature) == kSuccess) {
    sample.temperature_celsius = temperature;
  }
  if (functions_->power(device_, &milliwatts) == kSuccess) sample.watts = milliwatts / 1000.0;
  return sample;
}

}  // namespace hpctrain::monitor
