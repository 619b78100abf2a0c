// What a run consists of between two steps, as plain names and tensors. Knows neither networks nor optimizers.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::checkpoint {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// Memory of all these tensors' elements.
inline std::uint64_t total_bytes(const std::vector<NamedTensor>& tensors) {
  std::uint64_t bytes = 0;
  for (const auto& named : tensors) bytes += named.tensor.nbytes();
  return bytes;
}

/// Optimizer state of this kind, "average/<parameter>", is what the parameter stands for once training is over.
inline constexpr std::string_view kAveragePrefix = "average/";

/// Tensors are shared, not copied: restoring writes into them.
struct TrainingState {
  std::vector<NamedTensor> parameters;
  std::vector<NamedTensor> optimizer;  ///< e.g. "momentum/conv1.weight"
  std::vector<NamedTensor> buffers;    ///< running statistics and the like
};

/// SHA-256 over parameters, then optimizer state, then buffers: name, dtype, shape, row-major bytes, names sorted
/// bytewise inside each group (docs/formats/checkpoint.md gives the exact bytes). Lower-case hexadecimal.
std::string state_digest(const TrainingState& state);

}  // namespace hpctrain::checkpoint
