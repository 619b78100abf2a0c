#include "device/gpu_survey.hpp"

#include <ATen/detail/CUDAHooksInterface.h>

#include "device/device.hpp"
#include "device/gpu_backend.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::device {

GpuSurvey survey_gpus(DeviceWish wish, const std::filesystem::path& root) {
  GpuSurvey survey;
  if (wish == DeviceWish::cpu) return survey;
  survey.has_hardware = has_gpu_hardware(root);
  survey.can_compute_on_gpus =
      load_gpu_backend(wish == DeviceWish::cuda, root) && at::detail::getCUDAHooks().hasCUDART();
  survey.visible = count_visible_gpus();
  if (survey.visible == 0) return survey;
  survey.first = gpu_identity(0);
  if (survey.first.empty()) survey.first = "unknown";
  return survey;
}

}  // namespace hpctrain::device
