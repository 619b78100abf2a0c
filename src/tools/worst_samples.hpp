// The samples that a network answers worst, over all ranks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tools {

/// Larger errors come first; of equal ones the smaller sample id.
bool is_worse(const tasks::SampleError& a, const tasks::SampleError& b) noexcept;

/// Keeps the `most` largest errors that it is shown; ties go to the smaller sample id.
class WorstSamples {
 public:
  explicit WorstSamples(std::size_t most) : most_(most) {}

  void add(const std::vector<tasks::SampleError>& errors);

  /// The worst of all ranks, largest error first, on every rank.
  ///   collective  all ranks of `group`
  std::vector<tasks::SampleError> gather(comm::Communicator& group) const;

 private:
  std::size_t most_;
  std::vector<tasks::SampleError> worst_;
};

}  // namespace hpctrain::tools
