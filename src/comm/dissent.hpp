// Who stands against the majority of the ranks in something that all should have alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

/// Ranks whose number is not that of the majority, in order; all of them where no majority is.
///   `numbers`  one of each rank
std::vector<int> find_dissenters(const std::vector<std::uint64_t>& numbers);

struct Dissent {
  std::vector<int> ranks;
  std::vector<std::string> hosts;  ///< of `ranks`
  std::size_t majority = 0;        ///< ranks that agree; 0: no majority

  /// "rank 1 on n7: other parameters than the 3 ranks that agree", where `what` is "parameters".
  std::string describe(std::string_view what) const;
};

/// Empty when `mine` is the same number on all ranks; else the same answer on all.
///   collective  all ranks of `group`
///   cost        one reduction of two numbers; more only where they differ
std::optional<Dissent> find_dissent(Communicator& group, std::uint64_t mine);

}  // namespace hpctrain::comm
