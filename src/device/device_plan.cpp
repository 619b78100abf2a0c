#include "device/device_plan.hpp"

#include <set>

#include "core/error.hpp"

namespace hpctrain::device {

bool has_private_gpus(const std::vector<std::string>& first_gpu) {
  if (first_gpu.size() < 2) return false;
  const std::set<std::string> distinct(first_gpu.begin(), first_gpu.end());
  return distinct.size() == first_gpu.size() && !distinct.contains("");
}

std::optional<int> plan_device(DeviceWish wish, const NodeDevices& node) {
  if (wish == DeviceWish::cpu) return std::nullopt;
  // Hours on CPUs where a GPU stands idle are worth a refusal.
  require(!node.has_gpu_out_of_reach, Fault::device,
          "this node has an NVIDIA GPU, but this hpctrain or its LibTorch is built without CUDA; build it with a CUDA "
          "LibTorch (HPCTRAIN_LIBTORCH), or pass --device cpu to compute on CPUs");
  if (node.visible_gpus == 0) {
    require(wish == DeviceWish::automatic, Fault::device,
            "train.device is cuda, but this process sees no usable GPU; check nvidia-smi and CUDA_VISIBLE_DEVICES on "
            "this node, ask the scheduler for GPUs, or pass --device cpu");
    return std::nullopt;
  }
  if (has_private_gpus(node.first_gpu)) return 0;
  const auto ranks = static_cast<int>(node.first_gpu.size());
  require(node.visible_gpus >= ranks, Fault::device,
          "this node runs " + std::to_string(ranks) + " ranks but only " + std::to_string(node.visible_gpus) +
              (node.visible_gpus == 1 ? " GPU is" : " GPUs are") +
              " visible; start one rank per GPU (for example --ntasks-per-node=" + std::to_string(node.visible_gpus) +
              "), ask for more GPUs, or pass --device cpu");
  return node.local_rank;
}

}  // namespace hpctrain::device
