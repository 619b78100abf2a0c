// In which number formats a run computes. Parameters, gradients, optimizer state and losses are float32 in all of them.
#pragma once

#include <torch/types.h>

#include "train/settings.hpp"

namespace hpctrain::train {

/// What a rank's device can do, as far as number formats go.
struct FormatSupport {
  bool is_gpu = false;
  int compute_capability = 0;     ///< major; of a GPU
  bool cpu_knows_float16 = true;  ///< this LibTorch has float16 kernels for the CPU
};

FormatSupport find_format_support(Precision precision, const torch::Device& device);

/// errors  Fault::device naming the option when `support` lacks the format
void require_precision(Precision precision, const FormatSupport& support);

/// Multiplications of float32 matrices on a GPU: full width, or tf32. For the process.
void set_matmul_format(Precision precision);

/// While it lives, operations of this thread run in bf16 or fp16 where torch holds that to be safe, in float32
/// elsewhere. Does nothing for fp32 and tf32.
///   source  mixed precision training, Micikevicius et al. 2018
class Autocast {
 public:
  Autocast(Precision precision, const torch::Device& device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool is_on_;
  torch::DeviceType device_;
  bool was_enabled_ = false;
  torch::ScalarType dtype_before_ = torch::kFloat32;
};

}  // namespace hpctrain::train
