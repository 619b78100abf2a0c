// Which GPU belongs to which rank: the one place that decides it. Pure; the devices are counted and named elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hpctrain::device {

enum class DeviceWish { automatic, cpu, cuda };

/// The GPUs of one node as one of its ranks sees them.
struct NodeDevices {
  int local_rank = 0;
  int visible_gpus = 0;                  ///< to this rank, after CUDA_VISIBLE_DEVICES
  std::vector<std::string> first_gpu{};  ///< of each local rank: identity of its first visible GPU, empty without one
  bool has_gpu_out_of_reach = false;     ///< there is one, but this build of the program or of LibTorch has no CUDA
};

/// True when the launcher shows every rank of a node GPUs of its own (srun --gpus-per-task=1).
bool has_private_gpus(const std::vector<std::string>& first_gpu);

/// Ordinal of the rank's GPU: the first among private ones, its local rank among those that all ranks see.
///   returns  empty for the CPU
///   errors   Fault::device when a GPU is wished and there is none, when there are fewer GPUs than local ranks, or when
///            a GPU would stand idle for want of CUDA in this build
std::optional<int> plan_device(DeviceWish wish, const NodeDevices& node);

}  // namespace hpctrain::device
