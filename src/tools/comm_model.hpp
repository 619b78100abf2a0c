// What sums of gradients over ranks take, by latency and bandwidth of the links, and how much of that backward hides.
// Pure arithmetic; measures nothing and knows no networks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace hpctrain::tools {

/// A message of n bytes takes latency + n / bandwidth.
///   source  Hockney 1994
struct Link {
  double latency_seconds = 0;
  double bytes_per_second = 0;
};

/// How ranks add up what each of them has.
enum class SumRoute {
  ring,           ///< every rank passes 1/W of the bytes on, 2 (W − 1) times: best for many bytes
  tree,           ///< up a binary tree and down again: best for few bytes
  shared_memory,  ///< the ranks of a node read each other's bytes over one memory, which they share
};

/// Seconds of one all-reduce of `bytes` on each of `ranks`. 0 for one rank.
///   ring           2 (W − 1) latency + 2 (W − 1)/W · bytes / bandwidth
///   tree           2 ⌈log₂ W⌉ (latency + bytes / bandwidth)
///   shared memory  2 ⌈log₂ W⌉ latency + W · bytes / bandwidth, the bandwidth being that of the whole node
///   source         Thakur, Rabenseifner and Gropp 2005; Patarasuk and Yuan 2009
double sum_seconds(SumRoute route, const Link& link, int ranks, double bytes);

/// One all-reduce that was timed.
struct SumMeasurement {
  int ranks = 2;
  double bytes = 0;
  double seconds = 0;
};

/// The link that explains the measurements best: least squares of relative errors, neither constant below zero.
///   errors  Fault::bug for fewer than two measurements over two ranks or more
Link fit_link(SumRoute route, std::span<const SumMeasurement> measurements);

/// Where ranks sit and what connects them.
struct Cluster {
  int ranks_per_node = 1;
  Link node;     ///< among the ranks of one node
  Link network;  ///< from node to node
};

/// One all-reduce over ranks that fill node after node: inside the nodes, then among them by ring or tree, whichever is
/// faster.
double sum_seconds(const Cluster& cluster, int ranks, double bytes);

/// A bucket of gradients, in the order in which buckets leave.
struct BucketTime {
  double ready_seconds = 0;  ///< from the start of backward until its last gradient is there
  double bytes = 0;
};

/// Seconds after the end of backward until the last sum is over. Sums follow one another, each begins when its bucket
/// is ready and the sum before it is over.
double exposed_seconds(std::span<const BucketTime> buckets, double backward_seconds,
                       const std::function<double(double bytes)>& seconds_of_sum);

}  // namespace hpctrain::tools
