// How fast these ranks sum gradients, beside the rate at which they copy the same bytes. (all ranks)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace hpctrain::tools {

struct CommBenchSettings {
  std::vector<std::uint64_t> sizes_bytes = {65'536, 1'048'576, 4'194'304, 45'000'000, 90'000'000};
  int rounds = 10;
};

/// Sums of one size: medians over rounds, the slowest rank's. All ranks begin together.
struct SumReport {
  std::uint64_t bytes = 0;  ///< of each rank, float32
  double seconds = 0;       ///< of one all-reduce
  double copy_seconds = 0;  ///< of one copy of as many bytes, all ranks at once: no sum can be faster

  double bytes_per_second() const noexcept { return static_cast<double>(bytes) / seconds; }
  double copy_bytes_per_second() const noexcept { return static_cast<double>(bytes) / copy_seconds; }
};

struct CommBenchReport {
  int ranks = 1;
  std::string road;  ///< as comm::GradientChannel::name()
  std::vector<SumReport> sums;
};

///   collective  all ranks of `group`, each on a `device` of its own or on the CPU
///   errors      Fault::bug when a sum is not exact; as train::make_device_channel
CommBenchReport run_comm_bench(comm::Communicator& group, const torch::Device& device,
                               const CommBenchSettings& settings);

}  // namespace hpctrain::tools
