// Tensors between ranks outside the gradient channel: through host memory, wherever they lie.
#pragma once

#include <torch/types.h>

#include "comm/communicator.hpp"

namespace hpctrain::train {

/// Rank zero's values on every rank.
///   collective  all ranks of `group`, equal shapes and types
void broadcast_tensor(comm::Communicator& group, const torch::Tensor& tensor);

/// The values of a dense tensor to one rank, which calls add_received().
///   shapes  [elements], contiguous
///   blocks  until the peer takes them
///   errors  Fault::stopped when the peer is gone
void send_tensor(comm::Communicator& group, const torch::Tensor& tensor, int to);

/// Adds what `from` sends.   shapes, errors  as send_tensor(), equal on both sides
void add_received(comm::Communicator& group, const torch::Tensor& tensor, int from);

/// Takes what `from` sends, into host memory.   shapes, errors  as send_tensor(), equal on both sides
void receive_tensor(comm::Communicator& group, const torch::Tensor& host, int from);

}  // namespace hpctrain::train
