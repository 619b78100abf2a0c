#include "tools/comm_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.hpp"
#include "core/integer_division.hpp"

namespace hpctrain::tools {
namespace {

/// What latency and seconds per byte are multiplied by; their sum is the time.
struct Weights {
  double latency = 0;
  double bytes = 0;
};

Weights weights_of(SumRoute route, int ranks, double bytes) {
  if (ranks <= 1) return {};
  const double world = ranks;
  const double levels = std::bit_width(static_cast<unsigned>(ranks - 1));  // ⌈log₂ ranks⌉
  switch (route) {
    case SumRoute::ring:
      return {2 * (world - 1), 2 * (world - 1) / world * bytes};
    case SumRoute::tree:
      return {2 * levels, 2 * levels * bytes};
    case SumRoute::shared_memory:
      return {2 * levels, world * bytes};
  }
  throw Error(Fault::bug, "route of a sum without a formula");
}

/// Best multiple of one weight alone.
double fit_one(std::span<const SumMeasurement> measurements, const std::function<double(const SumMeasurement&)>& part) {
  double weighted = 0, squares = 0;
  for (const auto& measured : measurements) {
    const double share = part(measured) / measured.seconds;
    weighted += share;
    squares += share * share;
  }
  return squares > 0 ? weighted / squares : 0;
}

}  // namespace

double sum_seconds(SumRoute route, const Link& link, int ranks, double bytes) {
  const Weights weights = weights_of(route, ranks, bytes);
  if (ranks <= 1) return 0;
  return weights.latency * link.latency_seconds + weights.bytes / link.bytes_per_second;
}

Link fit_link(SumRoute route, std::span<const SumMeasurement> measurements) {
  double aa = 0, ab = 0, bb = 0, a1 = 0, b1 = 0;
  for (const auto& measured : measurements) {
    require_invariant(measured.ranks > 1 && measured.seconds > 0, "sums that were timed are of two ranks or more");
    const Weights weights = weights_of(route, measured.ranks, measured.bytes);
    const double a = weights.latency / measured.seconds, b = weights.bytes / measured.seconds;
    aa += a * a;
    ab += a * b;
    bb += b * b;
    a1 += a;
    b1 += b;
  }
  require_invariant(measurements.size() >= 2, "two constants need two measurements");
  const double determinant = aa * bb - ab * ab;
  double latency = determinant > 0 ? (a1 * bb - b1 * ab) / determinant : -1;
  double seconds_per_byte = determinant > 0 ? (b1 * aa - a1 * ab) / determinant : -1;
  if (latency < 0) {
    latency = 0;
    seconds_per_byte = fit_one(measurements, [&](const auto& m) { return weights_of(route, m.ranks, m.bytes).bytes; });
  } else if (seconds_per_byte <= 0) {
    latency = fit_one(measurements, [&](const auto& m) { return weights_of(route, m.ranks, m.bytes).latency; });
    seconds_per_byte = 0;
  }
  return {latency, 1 / seconds_per_byte};
}

double sum_seconds(const Cluster& cluster, int ranks, double bytes) {
  const int per_node = std::clamp(ranks, 1, std::max(1, cluster.ranks_per_node));
  const int nodes = divide_up(ranks, per_node);
  const double inside = sum_seconds(SumRoute::shared_memory, cluster.node, per_node, bytes);
  const double between = std::min(sum_seconds(SumRoute::ring, cluster.network, nodes, bytes),
                                  sum_seconds(SumRoute::tree, cluster.network, nodes, bytes));
  return inside + between;
}

double exposed_seconds(std::span<const BucketTime> buckets, double backward_seconds,
                       const std::function<double(double bytes)>& seconds_of_sum) {
  double end = 0;
  for (const auto& bucket : buckets) end = std::max(end, bucket.ready_seconds) + seconds_of_sum(bucket.bytes);
  return std::max(0.0, end - backward_seconds);
}

}  // namespace hpctrain::tools
