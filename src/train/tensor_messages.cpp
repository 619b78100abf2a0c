#include "train/tensor_messages.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <span>

namespace hpctrain::train {
namespace {

constexpr int kTag = 0;
/// Bounds the memory that a receiver needs beside the sum.
constexpr std::int64_t kElementsPerMessage = 1 << 20;

std::span<std::byte> bytes_of(const torch::Tensor& host) {
  return {static_cast<std::byte*>(host.data_ptr()), host.nbytes()};
}

template <typename Visit>
void visit_pieces(const torch::Tensor& tensor, const Visit& visit) {
  for (std::int64_t first = 0; first < tensor.numel(); first += kElementsPerMessage) {
    visit(tensor.narrow(0, first, std::min(kElementsPerMessage, tensor.numel() - first)));
  }
}

}  // namespace

void broadcast_tensor(comm::Communicator& group, const torch::Tensor& tensor) {
  const torch::NoGradGuard no_grad;
  const auto values = tensor.detach();
  const auto host = values.cpu().contiguous();
  const auto bytes = bytes_of(host);
  group.broadcast({bytes.data(), bytes.size(), comm::ElementType::u8}, 0);
  if (!host.is_alias_of(values)) values.copy_(host);
}

void send_tensor(comm::Communicator& group, const torch::Tensor& tensor, int to) {
  visit_pieces(tensor, [&](const torch::Tensor& piece) { group.send(bytes_of(piece.cpu()), to, kTag); });
}

void receive_tensor(comm::Communicator& group, const torch::Tensor& host, int from) {
  visit_pieces(host, [&](const torch::Tensor& piece) { group.receive(bytes_of(piece), from, kTag); });
}

void add_received(comm::Communicator& group, const torch::Tensor& tensor, int from) {
  const auto host = torch::empty({std::min(kElementsPerMessage, tensor.numel())}, tensor.options().device(torch::kCPU));
  visit_pieces(tensor, [&](torch::Tensor piece) {
    const auto received = host.narrow(0, 0, piece.numel());
    group.receive(bytes_of(received), from, kTag);
    piece.add_(received.to(piece.device()));
  });
}

}  // namespace hpctrain::train
