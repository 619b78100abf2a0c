#include "device/gpu_identity.hpp"

namespace hpctrain::device {

std::string gpu_identity(int) {
  return {};
}

std::string gpu_name(int) {
  return "GPU";
}

}  // namespace hpctrain::device
