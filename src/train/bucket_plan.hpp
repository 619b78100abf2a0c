// Which gradient lies where in which flat buffer: a pure function of the parameters' order, sizes and types, so every
// rank has the same layout from step 0 on. It is never rebuilt: over three or more ranks the bits of an all-reduce
// depend on an element's place in its buffer, so another layout would break exact resume.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hpctrain::train {

struct ParameterExtent {
  std::string name;
  std::int64_t elements = 0;
};

struct BucketEntry {
  std::size_t parameter = 0;  ///< index into the extents
  std::int64_t offset = 0;    ///< elements from the bucket's start
};

struct Bucket {
  std::vector<BucketEntry> entries;
  std::int64_t elements = 0;
};

struct BucketPlan {
  std::vector<Bucket> buckets;
  std::string digest;  ///< of the layout; stored in checkpoints
};

/// A bucket is closed by the parameter that brings it to its limit, so it may exceed it; parameters are never split.
struct BucketLimits {
  std::int64_t first_elements = 0;  ///< small, so that the first message leaves early
  std::int64_t elements = 0;        ///< of every other one
};

/// Reverse parameter order: gradients of the last layers are ready first.
BucketPlan plan_buckets(std::span<const ParameterExtent> parameters, const BucketLimits& limits);

}  // namespace hpctrain::train
