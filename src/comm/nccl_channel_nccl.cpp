// NCCL on a stream of its own. Events hand the data over in both directions, so neither the host nor the compute stream
// waits for more than it needs.
#include <cuda_runtime.h>
#include <nccl.h>

#include <mutex>
#include <string>
#include <vector>

#include "comm/agree.hpp"
#include "comm/gradient_channel.hpp"

namespace hpctrain::comm {

namespace {

void cuda_ok(cudaError_t code, const std::string& what) {
  if (code == cudaSuccess) return;
  throw Error(Fault::device, what + ": CUDA says " + cudaGetErrorString(code) + "; check the device with nvidia-smi");
}

void nccl_ok(ncclResult_t code, const std::string& what, Fault fault) {
  if (code == ncclSuccess) return;
  throw Error(fault,
              what + ": NCCL says " + ncclGetErrorString(code) + "; start again with NCCL_DEBUG=INFO to see why");
}

ncclDataType_t nccl_type(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return ncclUint8;
    case ElementType::i32:
      return ncclInt32;
    case ElementType::i64:
      return ncclInt64;
    case ElementType::u32:
      return ncclUint32;
    case ElementType::u64:
      return ncclUint64;
    case ElementType::f16:
      return ncclFloat16;
    case ElementType::bf16:
      return ncclBfloat16;
    case ElementType::f32:
      return ncclFloat32;
    case ElementType::f64:
      return ncclFloat64;
  }
  throw Error(Fault::bug, "unknown element type");
}

ncclRedOp_t nccl_op(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum:
      return ncclSum;
    case ReduceOp::min:
      return ncclMin;
    case ReduceOp::max:
      return ncclMax;
    case ReduceOp::bit_or:
      break;
  }
  throw Error(Fault::bug, "NCCL has no bit_or; reduce bits over the Communicator");
}

/// The NCCL communicator, its stream, and the events in reuse. Hooks of the backward pass call from other threads.
class NcclLink {
 public:
  NcclLink(Communicator& group, int device_ordinal) : rank_(group.rank()), ranks_(group.size()) {
    ncclUniqueId id{};
    // Agreed: when one rank fails here the others must not wait for it in ncclCommInitRank.
    run_agreed(group, [&] {
      cuda_ok(cudaSetDevice(device_ordinal), "choosing GPU " + std::to_string(device_ordinal));
      if (group.is_leader()) nccl_ok(ncclGetUniqueId(&id), "preparing NCCL", Fault::comm);
    });
    group.broadcast({id.internal, sizeof id.internal, ElementType::u8}, 0);
    nccl_ok(ncclCommInitRank(&nccl_, group.size(), id, group.rank()), "connecting the GPUs", Fault::comm);
    try {
      cuda_ok(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating the stream of NCCL");
    } catch (...) {
      ncclCommAbort(nccl_);
      throw;
    }
  }

  /// Abort, not destroy: destroy waits for the peers, and destructors never communicate.
  ~NcclLink() {
    if (!is_aborted_) ncclCommAbort(nccl_);
    for (cudaEvent_t event : idle_events_) cudaEventDestroy(event);
    cudaStreamDestroy(stream_);
  }
  NcclLink(const NcclLink&) = delete;
  NcclLink& operator=(const NcclLink&) = delete;

  /// Enqueues after what `compute` holds now; returns the event that marks the end.
  cudaEvent_t enqueue_sum(Span span, ReduceOp op, cudaStream_t compute) {
    return enqueue(compute, "all-reduce", [&] {
      return ncclAllReduce(span.data, span.data, span.count, nccl_type(span.type), nccl_op(op), nccl_, stream_);
    });
  }

  /// As enqueue_sum(), of this rank's block.
  cudaEvent_t enqueue_gather(Span span, cudaStream_t compute) {
    const std::size_t block = own_block_bytes(span, ranks_);
    const auto* own = static_cast<const std::byte*>(span.data) + block * static_cast<std::size_t>(rank_);
    return enqueue(compute, "all-gather",
                   [&] { return ncclAllGather(own, span.data, block, ncclUint8, nccl_, stream_); });
  }

  bool is_done(cudaEvent_t event) {
    const std::lock_guard guard(mutex_);
    require_healthy();
    const cudaError_t state = cudaEventQuery(event);
    if (state == cudaErrorNotReady) return false;
    cuda_ok(state, "work between GPUs");
    return true;
  }

  void order_after(cudaEvent_t event, cudaStream_t compute) {
    const std::lock_guard guard(mutex_);
    require_healthy();
    cuda_ok(cudaStreamWaitEvent(compute, event, 0), "taking results back from NCCL");
  }

  void give_back(cudaEvent_t event) {
    const std::lock_guard guard(mutex_);
    idle_events_.push_back(event);
  }

 private:
  template <typename Launch>
  cudaEvent_t enqueue(cudaStream_t compute, const std::string& what, const Launch& launch) {
    const std::lock_guard guard(mutex_);
    require_healthy();
    const cudaEvent_t event = take_event();
    cuda_ok(cudaEventRecord(event, compute), "handing data to NCCL");
    cuda_ok(cudaStreamWaitEvent(stream_, event, 0), "handing data to NCCL");
    nccl_ok(launch(), what, Fault::stopped);
    // The wait above has captured the first record, so the same event can mark the end.
    cuda_ok(cudaEventRecord(event, stream_), "taking results back from NCCL");
    return event;
  }

  /// A peer's death shows here and nowhere else; only an abort frees the kernels that still wait for it.
  void require_healthy() {
    ncclResult_t state = ncclSuccess;
    if (!is_aborted_) nccl_ok(ncclCommGetAsyncError(nccl_, &state), "asking NCCL for errors", Fault::stopped);
    if (state != ncclSuccess && state != ncclInProgress) {
      is_aborted_ = true;
      ncclCommAbort(nccl_);
      nccl_ok(state, "a collective between GPUs", Fault::stopped);
    }
    require(!is_aborted_, Fault::stopped,
            "a collective between GPUs: the connection was given up after an earlier error");
  }

  cudaEvent_t take_event() {
    if (idle_events_.empty()) {
      cudaEvent_t event = nullptr;
      cuda_ok(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "creating an event");
      return event;
    }
    const cudaEvent_t event = idle_events_.back();
    idle_events_.pop_back();
    return event;
  }

  int rank_;
  int ranks_;
  std::mutex mutex_;
  ncclComm_t nccl_ = nullptr;
  cudaStream_t stream_ = nullptr;
  std::vector<cudaEvent_t> idle_events_;
  bool is_aborted_ = false;
};

class NcclCollective final : public PendingCollective {
 public:
  NcclCollective(std::shared_ptr<NcclLink> link, cudaEvent_t event, cudaStream_t compute)
      : link_(std::move(link)), event_(event), compute_(compute) {}
  ~NcclCollective() override { link_->give_back(event_); }

  bool test() override { return link_->is_done(event_); }
  void wait() override { link_->order_after(event_, compute_); }

 private:
  std::shared_ptr<NcclLink> link_;
  cudaEvent_t event_;
  cudaStream_t compute_;
};

class NcclChannel final : public GradientChannel {
 public:
  explicit NcclChannel(std::shared_ptr<NcclLink> link) : link_(std::move(link)) {}

  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op, void* compute_stream) override {
    const auto compute = static_cast<cudaStream_t>(compute_stream);
    const cudaEvent_t done = link_->enqueue_sum(span, op, compute);
    return std::make_unique<NcclCollective>(link_, done, compute);
  }

  std::unique_ptr<PendingCollective> start_all_gather(Span span, void* compute_stream) override {
    const auto compute = static_cast<cudaStream_t>(compute_stream);
    const cudaEvent_t done = link_->enqueue_gather(span, compute);
    return std::make_unique<NcclCollective>(link_, done, compute);
  }

  std::string_view name() const noexcept override { return "nccl"; }

 private:
  std::shared_ptr<NcclLink> link_;
};

}  // namespace

std::unique_ptr<GradientChannel> make_nccl_channel(Communicator& group, int device_ordinal) {
  return std::make_unique<NcclChannel>(std::make_shared<NcclLink>(group, device_ordinal));
}

bool has_nccl() noexcept {
  return true;
}

}  // namespace hpctrain::comm
