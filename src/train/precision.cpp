#include "train/precision.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/utils.h>

#include "core/error.hpp"
#include "device/gpu_identity.hpp"

namespace hpctrain::train {
namespace {

constexpr int kFirstCapabilityWithBf16 = 8;  // Ampere, which brought tf32 as well

bool cpu_multiplies_float16() {
  const torch::NoGradGuard no_grad;
  try {
    const auto half = torch::TensorOptions().dtype(torch::kFloat16);
    torch::conv2d(torch::ones({1, 1, 3, 3}, half), torch::ones({1, 1, 3, 3}, half));
    torch::linear(torch::ones({1, 2}, half), torch::ones({1, 2}, half));
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace

FormatSupport find_format_support(Precision precision, const torch::Device& device) {
  if (device.is_cuda()) return {.is_gpu = true, .compute_capability = device::gpu_capability(device.index())};
  return {.cpu_knows_float16 = precision != Precision::fp16 || cpu_multiplies_float16()};
}

void require_precision(Precision precision, const FormatSupport& support) {
  const bool wants_ampere = precision == Precision::tf32 || precision == Precision::bf16;
  require(!support.is_gpu || !wants_ampere || support.compute_capability >= kFirstCapabilityWithBf16, Fault::device,
          "train.precision " + std::string(precision == Precision::tf32 ? "tf32" : "bf16") +
              " needs a GPU of compute capability 8 or more, this one has " +
              std::to_string(support.compute_capability) + "; pass --precision fp16 or fp32");
  require(support.is_gpu || precision != Precision::tf32, Fault::device,
          "train.precision tf32 is a format of GPUs and this run computes on CPUs; pass --precision fp32 or bf16");
  require(support.is_gpu || precision != Precision::fp16 || support.cpu_knows_float16, Fault::device,
          "train.precision fp16: this LibTorch cannot compute in float16 on CPUs; pass --precision bf16 or fp32");
}

void set_matmul_format(Precision precision) {
  auto& context = at::globalContext();
  context.setAllowTF32CuBLAS(precision == Precision::tf32);
  context.setAllowTF32CuDNN(precision == Precision::tf32);
}

Autocast::Autocast(Precision precision, const torch::Device& device)
    : is_on_(precision == Precision::bf16 || precision == Precision::fp16), device_(device.type()) {
  if (!is_on_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  dtype_before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_dtype(device_, precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat16);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!is_on_) return;
  // Casts of weights are kept while autocast is on; the next update makes them stale.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, dtype_before_);
}

}  // namespace hpctrain::train
