#include "train/gradient_buckets.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "core/integer_division.hpp"
#include "train/device_channel.hpp"

namespace hpctrain::train {
namespace {

/// 1 MiB, then 4 MiB of float32: large enough to fill a link, small enough that most are under way during backward and
/// little is left to send after it.
constexpr BucketLimits kBucketLimits{.first_elements = 1 << 18, .elements = 1 << 20};

/// Elements in a cache line: buckets begin at whole ones, so that ranks that add one do not disturb ranks that fill the
/// next.
constexpr std::int64_t kBucketAlignment = 16;

std::vector<ParameterExtent> extents_of(const std::vector<checkpoint::NamedTensor>& parameters) {
  std::vector<ParameterExtent> extents;
  for (const auto& [name, tensor] : parameters) extents.push_back({name, tensor.numel()});
  return extents;
}

}  // namespace

GradientBuckets::GradientBuckets(const std::vector<checkpoint::NamedTensor>& parameters, std::int64_t passengers,
                                 comm::GradientChannel& channel)
    : plan_(plan_buckets(extents_of(parameters), kBucketLimits)) {
  require_invariant(!plan_.buckets.empty(), "a network has at least one parameter");
  const torch::Tensor& first = parameters.front().tensor;
  const auto type = first.scalar_type();
  require_invariant(type == torch::kFloat32 || type == torch::kFloat64, "parameters are float32 or float64");
  make_buffers(passengers, first.options().requires_grad(false), channel);
  for (std::size_t b = 0; b < plan_.buckets.size(); ++b) {
    for (const auto& entry : plan_.buckets[b].entries) {
      torch::Tensor parameter = parameters[entry.parameter].tensor;
      require_invariant(parameter.scalar_type() == type, "parameters are all of one type");
      // as_strided keeps the parameter's own memory layout: autograd adds in place only when strides agree.
      parameter.mutable_grad() =
          buffers_[b].as_strided(parameter.sizes(), parameter.strides(), buffers_[b].storage_offset() + entry.offset);
    }
  }
  passengers_ = buffers_.back().narrow(0, plan_.buckets.back().elements, passengers);
}

void GradientBuckets::make_buffers(std::int64_t passengers, const torch::TensorOptions& options,
                                   comm::GradientChannel& channel) {
  std::vector<std::int64_t> elements;
  std::int64_t total = 0;
  for (const auto& bucket : plan_.buckets) {
    const bool is_last = &bucket == &plan_.buckets.back();
    elements.push_back(bucket.elements + (is_last ? passengers : 0));
    total += round_up(elements.back(), kBucketAlignment);
  }
  slab_ = make_channel_tensor(channel, total, options);
  std::int64_t offset = 0;
  for (const std::int64_t count : elements) {
    buffers_.push_back(slab_.narrow(0, offset, count));
    offset += round_up(count, kBucketAlignment);
  }
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
