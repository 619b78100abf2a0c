// What reading the data took, added up over loaders and ranks, for the run's diary.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "comm/communicator.hpp"
#include "data/loader.hpp"

namespace hpctrain::train {

class DataTraffic {
 public:
  void add(const data::LoaderCounters& counters);

  /// This rank's sums become those of all ranks.
  ///   collective  all ranks of `group`
  void sum_over(comm::Communicator& group);

  /// As docs/formats/metrics.md names them.
  nlohmann::json to_json() const;

 private:
  std::array<double, 9> sums_{};  // exact up to 2^53, as far as they are counts
};

/// What the kernel has fetched from disks for this process, whoever asked for it; 0 where it does not say. Rows that
/// came out of the page cache are not in it, nor those of most network file systems.
std::uint64_t disk_read_bytes();

}  // namespace hpctrain::train
