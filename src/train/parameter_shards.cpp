#include "train/parameter_shards.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "device/device.hpp"

namespace hpctrain::train {
namespace {

std::vector<std::int64_t> sizes_of(const std::vector<checkpoint::NamedTensor>& parameters) {
  std::vector<std::int64_t> sizes;
  for (const auto& [name, tensor] : parameters) sizes.push_back(tensor.numel());
  return sizes;
}

}  // namespace

torch::Tensor in_memory_order(const torch::Tensor& tensor) {
  require_invariant(tensor.is_non_overlapping_and_dense(), "a tensor's elements fill its memory");
  return tensor.detach().as_strided({tensor.numel()}, {1}, tensor.storage_offset());
}

ParameterShards::ParameterShards(const std::vector<checkpoint::NamedTensor>& parameters, const Parts& parts)
    : parameters_(parameters), parts_(parts), plan_(plan_shards(sizes_of(parameters), parts.world)) {
  const torch::NoGradGuard no_grad;
  move_into_slab();
  cut();
}

void ParameterShards::move_into_slab() {
  const torch::Tensor& first = parameters_.front().tensor;
  slab_ = torch::zeros({plan_.block_elements * parts_.world}, first.options().requires_grad(false));
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    torch::Tensor parameter = parameters_[p].tensor;
    require_invariant(parameter.scalar_type() == first.scalar_type(), "parameters are all of one type");
    require_invariant(parameter.is_non_overlapping_and_dense(), "parameters are dense");
    const auto place = slab_.as_strided(parameter.sizes(), parameter.strides(), plan_.offsets[p]);
    place.copy_(parameter.detach());
    parameter.set_data(place);
  }
}

void ParameterShards::cut() {
  for (const ShardPiece& piece : plan_.pieces) {
    if (piece.owner != parts_.rank) continue;
    const auto& [name, layer] = parameters_[piece.parameter];
    require_invariant(layer.grad().defined() && layer.grad().strides() == layer.strides(),
                      "parameter " + name + " has a gradient that lies as it does itself");
    torch::Tensor own = slab_.narrow(0, plan_.offsets[piece.parameter] + piece.first, piece.elements).detach();
    own.mutable_grad() = in_memory_order(layer.grad()).narrow(0, piece.first, piece.elements);
    own_.push_back({name, own});
    own_layers_.push_back(layer);
  }
}

void ParameterShards::exchange() {
  const monitor::PhaseTimer timer(parts_.clock, monitor::Phase::communication);
  const bool is_double = slab_.scalar_type() == torch::kFloat64;
  const comm::Span span{slab_.data_ptr(), static_cast<std::size_t>(slab_.numel()),
                        is_double ? comm::ElementType::f64 : comm::ElementType::f32};
  parts_.channel.start_all_gather(span, device::compute_stream(parts_.device))->wait();
}

}  // namespace hpctrain::train
