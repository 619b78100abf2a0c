// The compute device of one rank: which one, what it is called, how bytes get there. Everything goes through torch's
// device-neutral interfaces, so the same file serves builds with and without CUDA. Knows no ranks beyond a local
// number.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "device/device_plan.hpp"

namespace hpctrain::device {

/// GPUs this process can see (after CUDA_VISIBLE_DEVICES); 0 in a CPU-only LibTorch.
int count_visible_gpus();

/// What plan_device() decided, as torch names it.
torch::Device make_device(std::optional<int> gpu_ordinal);

/// "cpu, 2 threads" or the GPU's name and memory.
std::string describe_device(const torch::Device& device);

/// Threads that one operation may use on the CPU. Different counts may give different bits, the same count the same
/// ones on one kind of processor.   (before the first operation; for the process)
void set_operation_threads(int threads);

/// How kernels are chosen on GPUs, for the process. Before the device's first use.
///   errors  Fault::usage when both are wished: timing chooses, and timing is not the same every time
void set_kernel_choice(bool is_deterministic, bool is_timed);

/// Host memory that the device can read by DMA where there is a GPU, ordinary aligned memory otherwise.
class HostBuffer {
 public:
  HostBuffer(std::size_t bytes, const torch::Device& device);
  std::byte* data() const { return static_cast<std::byte*>(storage_.data_ptr()); }
  std::size_t bytes() const { return storage_.nbytes(); }

 private:
  torch::Tensor storage_;
};

/// A host array as a tensor on `device`.
///   shapes  `shape`, row-major, of `type`
///   blocks  no; on a GPU the copy is enqueued and `host` must stay until wait_for_uploads()
///   cost    no copy at all on the CPU: the tensor is a view of `host`
torch::Tensor upload(const std::byte* host, at::IntArrayRef shape, torch::ScalarType type, const torch::Device& device);

/// A small tensor of the host on `device`; itself on the CPU.
///   blocks  no: it goes through pinned memory that torch keeps until it was copied, where a plain copy would wait for
///           all that the device has still to do
torch::Tensor send(const torch::Tensor& host, const torch::Device& device);

/// Blocks until everything enqueued on this rank's current stream has run. Does nothing on the CPU.
void wait_for_uploads(const torch::Device& device);

/// The cudaStream_t that torch enqueues this thread's work on; null on the CPU.
void* compute_stream(const torch::Device& device);

}  // namespace hpctrain::device
