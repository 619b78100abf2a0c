#include "train/bucket_plan.hpp"

#include "core/digest.hpp"

namespace hpctrain::train {
namespace {

bool is_full(const Bucket& bucket, bool is_first, const BucketLimits& limits) {
  return bucket.elements >= (is_first ? limits.first_elements : limits.elements);
}

}  // namespace

BucketPlan plan_buckets(std::span<const ParameterExtent> parameters, const BucketLimits& limits) {
  BucketPlan plan;
  std::string layout;
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const auto& parameter = parameters[i];
    if (plan.buckets.empty() || is_full(plan.buckets.back(), plan.buckets.size() == 1, limits)) {
      plan.buckets.emplace_back();
    }
    auto& bucket = plan.buckets.back();
    bucket.entries.push_back({i, bucket.elements});
    layout +=
        std::to_string(plan.buckets.size() - 1) + ":" + std::to_string(bucket.elements) + ":" + parameter.name + "\n";
    bucket.elements += parameter.elements;
  }
  plan.digest = Xxh3_128().update(bytes_of(layout)).hex();
  return plan;
}

}  // namespace hpctrain::train
