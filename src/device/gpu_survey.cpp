#include "device/gpu_survey.hpp"

#include <ATen/detail/CUDAHooksInterface.h>

#include "device/device.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::device {

GpuSurvey survey_gpus(DeviceWish wish, const std::filesystem::path& root) {
  GpuSurvey survey;
  if (wish == DeviceWish::cpu) return survey;
  std::error_code unreadable;
  survey.has_hardware = std::filesystem::exists(root / "dev/nvidia0", unreadable) ||
                        std::filesystem::exists(root / "proc/driver/nvidia/version", unreadable);
  survey.can_compute_on_gpus = is_built_for_gpus() && at::detail::getCUDAHooks().hasCUDART();
  survey.visible = count_visible_gpus();
  if (survey.visible == 0) return survey;
  survey.first = gpu_identity(0);
  if (survey.first.empty()) survey.first = "unknown";
  return survey;
}

}  // namespace hpctrain::device
