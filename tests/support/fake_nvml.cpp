// NVIDIA's management library as far as hpctrain asks it: one GPU at 0000:3B:00.0 that is busy, then less busy.
#include <cstring>

namespace {

int looks = 0;
int device = 7;
constexpr int kSuccess = 0, kNotFound = 6, kInvalid = 2;

bool is_the_device(void* asked) {
  return asked == &device;
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  looks = 0;
  return kSuccess;
}

int nvmlShutdown() {
  return kSuccess;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** handle) {
  if (std::strcmp(id, "0000:3B:00.0") != 0) return kNotFound;
  *handle = &device;
  return kSuccess;
}

/// The second look fails, as drivers do now and then.
int nvmlDeviceGetUtilizationRates(void* asked, unsigned* percent) {
  if (!is_the_device(asked)) return kInvalid;
  ++looks;
  if (looks == 2) return kNotFound;
  percent[0] = looks == 1 ? 100 : 50;
  percent[1] = 10;
  return kSuccess;
}

int nvmlDeviceGetMemoryInfo(void* asked, unsigned long long* memory) {
  if (!is_the_device(asked)) return kInvalid;
  memory[0] = 6ULL << 30;
  memory[1] = 4ULL << 30;
  memory[2] = 2ULL << 30;
  return kSuccess;
}

int nvmlDeviceGetTemperature(void* asked, unsigned sensor, unsigned* degrees) {
  if (!is_the_device(asked) || sensor != 0) return kInvalid;
  *degrees = 60 + static_cast<unsigned>(looks);
  return kSuccess;
}

int nvmlDeviceGetPowerUsage(void* asked, unsigned* milliwatts) {
  if (!is_the_device(asked)) return kInvalid;
  *milliwatts = 250'500;
  return kSuccess;
}
}
