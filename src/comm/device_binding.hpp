// Which GPU belongs to which rank. Must not know CUDA: the device room counts and names devices.
#pragma once

#include <string>
#include <vector>

namespace hpctrain::comm {

/// True when the launcher shows every rank of a node devices of its own (e.g. srun --gpus-per-task=1).
///   first_device_ids  UUID of each local rank's first visible device, in local rank order
bool has_private_devices(const std::vector<std::string>& first_device_ids);

/// Device ordinal for a rank: its local rank among devices that all ranks of the node see, 0 among private ones.
///   errors  Fault::device when there are fewer devices than ranks
int plan_device(int local_rank, int visible_devices, bool are_devices_private = false);

}  // namespace hpctrain::comm
