#include "train/gradient_buckets.hpp"

#include <torch/utils.h>

#include "core/error.hpp"

namespace hpctrain::train {
namespace {

/// 1 MiB, then 4 MiB of float32: large enough to fill a link, small enough that most are under way during backward and
/// little is left to send after it.
constexpr BucketLimits kBucketLimits{.first_elements = 1 << 18, .elements = 1 << 20};

std::vector<ParameterExtent> extents_of(const std::vector<checkpoint::NamedTensor>& parameters) {
  std::vector<ParameterExtent> extents;
  for (const auto& [name, tensor] : parameters) extents.push_back({name, tensor.numel()});
  return extents;
}

}  // namespace

GradientBuckets::GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters, std::int64_t passengers)
    : plan_(plan_buckets(extents_of(parameters), kBucketLimits)) {
  require_invariant(!plan_.buckets.empty(), "a network has at least one parameter");
  const torch::Tensor& first = parameters.front().tensor;
  const auto type = first.scalar_type();
  require_invariant(type == torch::kFloat32 || type == torch::kFloat64, "parameters are float32 or float64");
  const auto options = first.options().requires_grad(false);
  for (std::size_t b = 0; b < plan_.buckets.size(); ++b) {
    const bool is_last = b + 1 == plan_.buckets.size();
    buffers_.push_back(torch::zeros({plan_.buckets[b].elements + (is_last ? passengers : 0)}, options));
    for (const auto& entry : plan_.buckets[b].entries) {
      torch::Tensor parameter = parameters[entry.parameter].tensor;
      require_invariant(parameter.scalar_type() == type, "parameters are all of one type");
      // as_strided keeps the parameter's own memory layout: autograd adds in place only when strides agree.
      parameter.mutable_grad() = buffers_[b].as_strided(parameter.sizes(), parameter.strides(), entry.offset);
    }
  }
  passengers_ = buffers_.back().narrow(0, plan_.buckets.back().elements, passengers);
}

void GradientBuckets::zero() {
  for (auto& buffer : buffers_) buffer.zero_();
}

comm::Span GradientBuckets::span(std::size_t bucket) const {
  const torch::Tensor& buffer = buffers_[bucket];
  const bool is_double = buffer.scalar_type() == torch::kFloat64;
  return {buffer.data_ptr(), static_cast<std::size_t>(buffer.numel()),
          is_double ? comm::ElementType::f64 : comm::ElementType::f32};
}

}  // namespace hpctrain::train
