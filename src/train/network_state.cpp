#include "train/network_state.hpp"

#include "train/tensor_messages.hpp"

namespace hpctrain::train {
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
