// The element types of the safetensors format and the row-major host bytes of a tensor.
// Knows nothing of files.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hpctrain::checkpoint {

/// "F32", "BF16", …; empty for a dtype the format does not have.
std::optional<std::string_view> find_dtype_text(at::ScalarType dtype);
/// errors  Fault::bug for a dtype the format does not have
std::string_view dtype_text(at::ScalarType dtype);
std::optional<at::ScalarType> find_dtype(std::string_view text);

/// "F32[64,3,3,3]", for messages.
std::string describe_tensor(const at::Tensor& tensor);

/// The tensor itself where it already lies row-major on the host, a copy otherwise.
at::Tensor host_row_major(const at::Tensor& tensor);

/// True when no element of a row-major host tensor is infinite or not a number; true for whole numbers. Looks at bits
/// only, so any thread may ask.
bool is_finite(const at::Tensor& tensor);

/// The bytes of a row-major host tensor; valid while it lives.
std::span<const std::byte> tensor_bytes(const at::Tensor& tensor);
std::span<std::byte> writable_tensor_bytes(const at::Tensor& tensor);

}  // namespace hpctrain::checkpoint
