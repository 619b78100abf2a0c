#include "train/network_state.hpp"

#include <torch/utils.h>

namespace hpctrain::train {
namespace {

void broadcast_tensor(comm::Communicator& group, const torch::Tensor& tensor) {
  const torch::NoGradGuard no_grad;
  auto host = tensor.detach().cpu().contiguous();
  group.broadcast({host.data_ptr(), host.nbytes(), comm::ElementType::u8}, 0);
  tensor.detach().copy_(host);
}

}  // namespace

checkpoint::TrainingState network_state(const models::Network& network) {
  checkpoint::TrainingState state;
  for (const auto& item : network.named_parameters()) state.parameters.push_back({item.key(), item.value()});
  for (const auto& item : network.named_buffers()) state.buffers.push_back({item.key(), item.value()});
  return state;
}

void broadcast_state(comm::Communicator& group, const checkpoint::TrainingState& state) {
  for (const auto& [name, tensor] : state.parameters) broadcast_tensor(group, tensor);
  for (const auto& [name, tensor] : state.buffers) broadcast_tensor(group, tensor);
}

}  // namespace hpctrain::train
