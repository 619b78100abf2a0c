// The road gradients take, and parameters that one rank has moved for all: NCCL between GPUs, the Communicator between
// hosts. Must not know torch, buckets or steps.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

class GradientChannel {
 public:
  virtual ~GradientChannel() = default;

  /// Zeroed memory in which sums of float32 and float64 are fastest; null where the channel has no such memory. It
  /// lives as long as the pointer or the channel.
  ///   collective  all ranks of the channel, equal `bytes`
  virtual std::shared_ptr<std::byte> make_memory(std::size_t /*bytes*/) { return nullptr; }

  /// Reduces `span` in place over all ranks of the channel.
  ///   collective  all ranks, same shapes in the same order
  ///   blocks      no. With NCCL the work waits for what `compute_stream` (a cudaStream_t) holds now, and wait() makes
  ///               that stream wait for the result without blocking the host. On the host `compute_stream` is unused.
  ///   errors      Fault::stopped when a peer is gone; Fault::device
  virtual std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op, void* compute_stream) = 0;

  /// Sends this rank's block of `span` to all, in place: `span` is one block for each rank of the channel, of equal
  /// size, in rank order.
  ///   collective  all ranks, same shapes in the same order
  ///   blocks      with NCCL as start_all_reduce(); on the host until every block is there
  ///   errors      as start_all_reduce()
  virtual std::unique_ptr<PendingCollective> start_all_gather(Span span, void* compute_stream) = 0;

  /// "nccl", "shared memory" or "host".
  virtual std::string_view name() const noexcept = 0;
};

/// Bytes of each rank's block of a span that start_all_gather() takes.
///   errors  Fault::bug when the span is not `ranks` equal blocks of whole elements
std::size_t own_block_bytes(const Span& span, int ranks);

/// Gradients in host memory, over `group`, which must outlive the channel.
std::unique_ptr<GradientChannel> make_host_channel(Communicator& group);

/// Gradients in device memory. Before destroying it let the device finish: the destructor abandons work under way.
///   collective  all ranks of `group`, each with a device of its own
///   errors      Fault::device when this program was built without NCCL; Fault::comm when NCCL cannot connect
std::unique_ptr<GradientChannel> make_nccl_channel(Communicator& group, int device_ordinal);

/// True when this program was built with NCCL.
bool has_nccl() noexcept;

}  // namespace hpctrain::comm
