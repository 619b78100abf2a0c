#include "train/bucket_plan.hpp"

#include "core/digest.hpp"

namespace hpctrain::train {

BucketPlan plan_buckets(std::span<const ParameterExtent> parameters, std::int64_t bucket_elements) {
  BucketPlan plan;
  std::string layout;
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const auto& parameter = parameters[i];
    const bool starts_bucket =
        plan.buckets.empty() ||
        (plan.buckets.back().elements > 0 && plan.buckets.back().elements + parameter.elements > bucket_elements);
    if (starts_bucket) plan.buckets.emplace_back();
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
