#include "device/gpu_survey.hpp"

#include <ATen/detail/CUDAHooksInterface.h>

#include <string>

#include "core/log.hpp"
#include "device/device.hpp"
#include "device/gpu_backend.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::device {

GpuSurvey survey_gpus(DeviceWish wish, const std::filesystem::path& root) {
  GpuSurvey survey;
  if (wish == DeviceWish::cpu) return survey;
  survey.has_hardware = has_gpu_hardware(root);
  const bool is_loaded = load_gpu_backend(wish == DeviceWish::cuda, root);
  if (const std::string obstacle = gpu_backend_obstacle(); !is_loaded && !obstacle.empty()) {
    log_warning("LibTorch's half for GPUs cannot be loaded: {}", obstacle);
  }
  survey.can_compute_on_gpus = is_loaded && at::detail::getCUDAHooks().hasCUDART();
  survey.visible = count_visible_gpus();
  if (survey.visible == 0) return survey;
  survey.first = gpu_identity(0);
  if (survey.first.empty()) survey.first = "unknown";
  return survey;
}

}  // namespace hpctrain::device
