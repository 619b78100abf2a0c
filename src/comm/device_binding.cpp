// Pure decisions; the CUDA runtime is asked elsewhere.
#include "comm/device_binding.hpp"

#include <set>

#include "core/error.hpp"

namespace hpctrain::comm {

bool has_private_devices(const std::vector<std::string>& first_device_ids) {
  if (first_device_ids.size() < 2) return false;
  const std::set<std::string> distinct(first_device_ids.begin(), first_device_ids.end());
  return distinct.size() == first_device_ids.size() && !distinct.contains("");
}

int plan_device(int local_rank, int visible_devices, bool are_devices_private) {
  require(visible_devices > 0, Fault::device,
          "choosing a GPU for local rank " + std::to_string(local_rank) +
              ": no GPU is visible; check nvidia-smi and CUDA_VISIBLE_DEVICES, ask the scheduler for GPUs, or train "
              "with --device cpu");
  if (are_devices_private) return 0;
  require(
      local_rank < visible_devices, Fault::device,
      "choosing a GPU for local rank " + std::to_string(local_rank) + ": this node shows " +
          std::to_string(visible_devices) + (visible_devices == 1 ? " GPU" : " GPUs") +
          "; start at most that many ranks per node (mpirun -npernode, srun --ntasks-per-node) or ask for more GPUs");
  return local_rank;
}

}  // namespace hpctrain::comm
