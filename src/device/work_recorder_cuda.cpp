// CUDA graphs through the runtime's own calls and the virtual functions of torch's allocator: at::cuda::CUDAGraph is
// in torch's half for GPUs, which this program is not linked against. What that leaves out: torch's random numbers,
// whose generator refuses to be recorded unless a CUDAGraph registers it.
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime.h>

#include <exception>
#include <string>

#include "core/error.hpp"
#include "device/device.hpp"
#include "device/work_recorder.hpp"

namespace hpctrain::device {
namespace {

void require_cuda(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  // The next operation would report it as its own.
  (void)cudaGetLastError();
  throw Error(Fault::device, std::string(what) + ": " + cudaGetErrorString(code));
}

c10::cuda::CUDACachingAllocator::CUDAAllocator& allocator() {
  return *static_cast<c10::cuda::CUDACachingAllocator::CUDAAllocator*>(c10::GetAllocator(c10::kCUDA));
}

/// Memory that tensors get while recording, kept from all others until the record goes.
class Pool {
 public:
  Pool(c10::DeviceIndex device, cudaStream_t stream) : device_(device) {
    // Torch's own pools have a zero in the second place.
    static c10::CaptureId_t count = 0;
    id_ = {0, ++count};
    allocator().beginAllocateToPool(device_, id_, [stream](cudaStream_t asking) { return asking == stream; });
    is_open_ = true;
  }
  ~Pool() {
    close();
    allocator().releasePool(device_, id_);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void close() {
    if (is_open_) allocator().endAllocateToPool(device_, id_);
    is_open_ = false;
  }

 private:
  c10::DeviceIndex device_;
  c10::MempoolId_t id_{};
  bool is_open_ = false;
};

class CudaGraph final : public RecordedWork {
 public:
  CudaGraph(std::unique_ptr<Pool> pool, cudaGraphExec_t graph, const torch::Device& device)
      : pool_(std::move(pool)), graph_(graph), device_(device) {}
  ~CudaGraph() override {
    // It may still run, and its memory is given to others next.
    wait_for_uploads(device_);
    (void)cudaGraphExecDestroy(graph_);
  }

  void replay() override {
    require_cuda(cudaGraphLaunch(graph_, static_cast<cudaStream_t>(compute_stream(device_))), "starting a CUDA graph");
  }

 private:
  std::unique_ptr<Pool> pool_;
  cudaGraphExec_t graph_;
  torch::Device device_;
};

class CudaRecorder final : public WorkRecorder {
 public:
  explicit CudaRecorder(const torch::Device& device)
      : device_(device), guard_(device.type()), side_(guard_.getStreamFromGlobalPool(device)) {}

  void rehearse(const std::function<void()>& work) override {
    const Aside aside(*this);
    work();
  }

  std::unique_ptr<RecordedWork> record(const std::function<void()>& work) override {
    const Aside aside(*this);
    const auto stream = static_cast<cudaStream_t>(compute_stream(device_));
    auto pool = std::make_unique<Pool>(device_.index(), stream);
    // Of this thread alone: readers and others may go on asking the driver for memory.
    require_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a CUDA graph");
    std::exception_ptr failure;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    cudaGraph_t recorded = nullptr;
    const auto code = cudaStreamEndCapture(stream, &recorded);
    pool->close();
    if (code != cudaSuccess) (void)cudaGetLastError();
    if (failure != nullptr) {
      if (recorded != nullptr) (void)cudaGraphDestroy(recorded);
      std::rethrow_exception(failure);
    }
    require_cuda(code, "recording a CUDA graph");
    cudaGraphExec_t graph = nullptr;
    const auto made = cudaGraphInstantiate(&graph, recorded, 0);
    (void)cudaGraphDestroy(recorded);
    require_cuda(made, "making a CUDA graph ready");
    return std::make_unique<CudaGraph>(std::move(pool), graph, device_);
  }

 private:
  /// This thread's work goes to the side stream, after what is enqueued and before what will be: a graph cannot be
  /// recorded on the default stream.
  class Aside {
   public:
    explicit Aside(const CudaRecorder& owner) : owner_(owner), before_(owner.guard_.getStream(owner.device_)) {
      follow(owner_.side_, before_);
      (void)owner_.guard_.exchangeStream(owner_.side_);
    }
    ~Aside() {
      (void)owner_.guard_.exchangeStream(before_);
      follow(before_, owner_.side_);
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    static void follow(const c10::Stream& later, const c10::Stream& earlier) {
      c10::Event event(later.device_type());
      event.record(earlier);
      event.block(later);
    }

    const CudaRecorder& owner_;
    c10::Stream before_;
  };

  torch::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  c10::Stream side_;
};

}  // namespace

std::unique_ptr<WorkRecorder> make_work_recorder(const torch::Device& device) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<CudaRecorder>(device);
}

}  // namespace hpctrain::device
