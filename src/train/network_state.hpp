// A network's tensors under their names: the bridge between models and checkpoints.
#pragma once

#include "checkpoint/training_state.hpp"
#include "comm/communicator.hpp"
#include "models/network.hpp"

namespace hpctrain::train {

/// Parameters and buffers in module order, shared with the network. Optimizer state stays empty.
checkpoint::TrainingState network_state(const models::Network& network);

/// Rank zero's parameters and buffers on every rank, so that all start from the same bits.
///   collective  all ranks of `group`
void broadcast_state(comm::Communicator& group, const checkpoint::TrainingState& state);

}  // namespace hpctrain::train
