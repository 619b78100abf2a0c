// Rows that ranks hold in parts, brought together on all of them: for results of a few megabytes at most.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "comm/communicator.hpp"

namespace hpctrain::train {

class RowsOverRanks {
 public:
  /// These are rows first, first + 1, … of the whole.
  ///   shapes  [rows, …], float32 or i64, on any device; copied
  void add(std::int64_t first, const torch::Tensor& rows);

  /// All rows in their order, on the host; to the bit, but for the sign of zero.
  ///   shapes      [all rows, values of a row]
  ///   collective  all ranks of `group`; rows of equal shape and type, every row added by exactly one rank
  torch::Tensor gather(comm::Communicator& group) const;

 private:
  std::vector<std::pair<std::int64_t, torch::Tensor>> parts_;
};

}  // namespace hpctrain::train
