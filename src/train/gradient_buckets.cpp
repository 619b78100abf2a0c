#include "train/gradient_buckets.hpp"

#include <torch/utils.h>

#include "core/error.hpp"

namespace hpctrain::train {
namespace {

/// 25 MiB of float32: large enough to fill a link, small enough that several are under way during one backward pass.
constexpr std::int64_t kBucketElements = 25 * 1024 * 1024 / 4;

std::vector<ParameterExtent> extents_of(const std::vector<checkpoint::NamedTensor>& parameters) {
  std::vector<ParameterExtent> extents;
  for (const auto& [name, tensor] : parameters) extents.push_back({name, tensor.numel()});
  return extents;
}

}  // namespace

GradientBuckets::GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters, std::int64_t passengers)
    : plan_(plan_buckets(extents_of(parameters), kBucketElements)) {
  require_invariant(!plan_.buckets.empty(), "a network has at least one parameter");
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(parameters.front().tensor.device());
  for (std::size_t b = 0; b < plan_.buckets.size(); ++b) {
    const bool is_last = b + 1 == plan_.buckets.size();
    buffers_.push_back(torch::zeros({plan_.buckets[b].elements + (is_last ? passengers : 0)}, options));
    for (const auto& entry : plan_.buckets[b].entries) {
      torch::Tensor parameter = parameters[entry.parameter].tensor;
      require_invariant(parameter.scalar_type() == torch::kFloat32, "parameters are float32");
      // as_strided keeps the parameter's own memory layout: autograd adds in place only when strides agree.
      parameter.mutable_grad() = buffers_[b].as_strided(parameter.sizes(), parameter.strides(), entry.offset);
    }
  }
  passengers_ = buffers_.back().narrow(0, plan_.buckets.back().elements, passengers);
}

void GradientBuckets::zero() {
  for (auto& buffer : buffers_) buffer.zero_();
}

void GradientBuckets::sum_over_ranks(comm::GradientChannel& channel, void* compute_stream) {
  std::vector<std::unique_ptr<comm::PendingCollective>> pending;
  for (auto& buffer : buffers_) {
    pending.push_back(
        channel.start_all_reduce({buffer.data_ptr(), static_cast<std::size_t>(buffer.numel()), comm::ElementType::f32},
                                 comm::ReduceOp::sum, compute_stream));
  }
  for (auto& reduction : pending) reduction->wait();
}

}  // namespace hpctrain::train
