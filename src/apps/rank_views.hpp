// What each rank sees of its node: CPUs, device, scratch. Gathered once at the start, for the device choice and for the
// table that the run prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "device/device.hpp"
#include "device/gpu_survey.hpp"

namespace hpctrain::apps {

struct RankView {
  int node = 0;
  std::string host;
  std::uint64_t cpus = 1;  ///< granted to the rank
  std::string device;
  std::string scratch;  ///< folder on the node's own disk; empty where there is none
  std::uint64_t scratch_free_bytes = 0;
};

/// The device of this rank; the same kind on every rank.
///   collective  all ranks
///   errors      Fault::device, agreed
torch::Device choose_device(comm::Communicator& world, const Placement& placement, device::DeviceWish wish);

/// The same from what was found on this rank's node: the ordinal of its GPU, or empty for the CPU.
///   collective  all ranks
///   errors      Fault::device, agreed
std::optional<int> choose_gpu(comm::Communicator& world, const Placement& placement, device::DeviceWish wish,
                              const device::GpuSurvey& survey);

/// The device of a program that is no rank of anything.
///   errors  Fault::device
torch::Device choose_device(device::DeviceWish wish);

/// Every rank's view, in rank order, on every rank.
///   collective  all ranks
std::vector<RankView> gather_views(comm::Communicator& world, const RankView& mine);

/// "4 on 2 nodes (n1 n2), 4 CPUs each"; uneven numbers are shown as ranges, long lists of nodes are cut.
std::string describe_ranks(const std::vector<RankView>& views);
/// "2 × cpu, 4 threads per rank": every kind of device with the number of ranks that have it.
std::string describe_devices(const std::vector<RankView>& views);
/// "/local/job-7, at least 412.0 GiB free on every node": the folder of the first rank, the least of all.
std::string describe_scratch(const std::vector<RankView>& views);

}  // namespace hpctrain::apps
