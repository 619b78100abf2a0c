#include "device/gpu_backend.hpp"

#include <dlfcn.h>

#include <system_error>

#include "device/gpu_identity.hpp"

namespace hpctrain::device {
namespace {

constexpr const char* kBackend = "libtorch_cuda.so";

/// A function's, because the first call comes before main().
std::string& obstacle() {
  static std::string text;
  return text;
}

[[maybe_unused]] const bool kIsLoadedBeforeMain = load_gpu_backend();

}  // namespace

bool has_gpu_hardware(const std::filesystem::path& root) {
  std::error_code unreadable;
  for (const char* trace : {"dev/nvidia0", "dev/nvidiactl", "proc/driver/nvidia/version", "dev/dxg"}) {
    if (std::filesystem::exists(root / trace, unreadable)) return true;
  }
  return false;
}

bool load_gpu_backend(bool is_wished, const std::filesystem::path& root) {
  if (!is_built_for_gpus()) return false;
  const bool is_wanted = is_wished || has_gpu_hardware(root);
  // Never closed: what it registers stays registered.
  const bool is_loaded = dlopen(kBackend, RTLD_NOW | RTLD_GLOBAL | (is_wanted ? 0 : RTLD_NOLOAD)) != nullptr;
  if (is_loaded) {
    obstacle().clear();
  } else if (const char* words = is_wanted ? dlerror() : nullptr) {
    obstacle() = words;
  }
  return is_loaded;
}

std::string gpu_backend_obstacle() {
  return obstacle();
}

}  // namespace hpctrain::device
