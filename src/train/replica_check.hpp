// All ranks hold the same parameters, bit for bit, or the run ends: a rank whose memory was damaged would spoil the
// others' gradients from then on, and every checkpoint. Knows no steps beyond the number it names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/common_facts.hpp"
#include "comm/communicator.hpp"

namespace hpctrain::train {

/// One digest for each tensor: parameters, then optimizer state, then buffers.
///   blocks  until the device has made them
///   cost    one pass over the state in host memory, about 6 GB/s
std::vector<std::uint64_t> replica_digests(const checkpoint::TrainingState& state);

/// The same under the tensors' names, for require_common_facts().
std::vector<comm::Fact> replica_facts(const checkpoint::TrainingState& state);

/// `step`: updates made.
///   collective  all ranks of `group`
///   cost        replica_digests(), and one reduction of two numbers
///   errors      Fault::bug, agreed, naming the ranks that stand against the majority, their hosts and the first tensor
///               that differs
void require_equal_replicas(comm::Communicator& group, const checkpoint::TrainingState& state, std::uint64_t step);

}  // namespace hpctrain::train
