// Device choice and host-to-device copies through torch's device-neutral interfaces.
#include "device/device.hpp"

#include <ATen/Context.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <cstdlib>

#include "core/error.hpp"
#include "device/gpu_backend.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::device {

int count_visible_gpus() {
  return load_gpu_backend() && torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

torch::Device make_device(std::optional<int> gpu_ordinal) {
  if (!gpu_ordinal) return torch::Device(torch::kCPU);
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(*gpu_ordinal));
}

std::string describe_device(const torch::Device& device) {
  if (device.is_cpu()) return "cpu, " + std::to_string(at::get_num_threads()) + " threads per rank";
  return gpu_name(device.index());
}

void set_operation_threads(int threads) {
  // On Intel's processors MKL lets several threads add in whatever order they come, unless this says otherwise when it
  // is first called. A user who set it is obeyed.
  setenv("MKL_CBWR", "AUTO", /*overwrite=*/0);
  at::set_num_threads(threads);
}

void set_kernel_choice(bool is_deterministic, bool is_timed) {
  require(!is_deterministic || !is_timed, Fault::usage,
          "train.deterministic and train.cudnn-benchmark exclude each other: kernels chosen by timing are not the same "
          "every time; give one of them");
  auto& context = at::globalContext();
  context.setBenchmarkCuDNN(is_timed);
  context.setDeterministicCuDNN(is_deterministic);
  context.setDeterministicAlgorithms(is_deterministic, /*warn_only=*/false);
  // cuBLAS is deterministic with a workspace of its own only, and reads this when it starts.
  if (is_deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
}

HostBuffer::HostBuffer(std::size_t bytes, const torch::Device& device)
    : storage_(torch::empty({static_cast<std::int64_t>(bytes)},
                            torch::TensorOptions().dtype(torch::kUInt8).pinned_memory(device.is_cuda()))) {}

torch::Tensor upload(const std::byte* host, at::IntArrayRef shape, torch::ScalarType type,
                     const torch::Device& device) {
  // from_blob wants a mutable pointer; nobody writes through the view.
  auto view = torch::from_blob(const_cast<std::byte*>(host), shape, torch::TensorOptions().dtype(type));
  return device.is_cpu() ? view : view.to(device, /*non_blocking=*/true);
}

torch::Tensor send(const torch::Tensor& host, const torch::Device& device) {
  return device.is_cpu() ? host : host.pin_memory().to(device, /*non_blocking=*/true);
}

void wait_for_uploads(const torch::Device& device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeStream(guard.getStream(device));
}

void* compute_stream(const torch::Device& device) {
  if (device.is_cpu()) return nullptr;
  const c10::impl::VirtualGuardImpl guard(device.type());
  return reinterpret_cast<void*>(guard.getStream(device).native_handle());
}

}  // namespace hpctrain::device
