#include "checkpoint/tensor_format.hpp"

#include <array>
#include <bit>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and bytes are copied as they are");

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes{{
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
}};

}  // namespace

std::optional<std::string_view> find_dtype_text(at::ScalarType dtype) {
  for (const auto& [text, candidate] : kDtypes) {
    if (candidate == dtype) return text;
  }
  return std::nullopt;
}

std::string_view dtype_text(at::ScalarType dtype) {
  const auto text = find_dtype_text(dtype);
  require(text.has_value(), Fault::bug, std::string("safetensors has no element type for ") + at::toString(dtype));
  return *text;
}

std::optional<at::ScalarType> find_dtype(std::string_view text) {
  for (const auto& [candidate, dtype] : kDtypes) {
    if (candidate == text) return dtype;
  }
  return std::nullopt;
}

std::string describe_tensor(const at::Tensor& tensor) {
  std::string text{find_dtype_text(tensor.scalar_type()).value_or(at::toString(tensor.scalar_type()))};
  text += '[';
  for (std::int64_t i = 0; i < tensor.dim(); ++i) text += (i == 0 ? "" : ",") + std::to_string(tensor.size(i));
  return text + ']';
}

at::Tensor host_row_major(const at::Tensor& tensor) {
  return tensor.detach().cpu().contiguous();
}

std::span<const std::byte> tensor_bytes(const at::Tensor& tensor) {
  return writable_tensor_bytes(tensor);
}

std::span<std::byte> writable_tensor_bytes(const at::Tensor& tensor) {
  require_invariant(tensor.device().is_cpu() && tensor.is_contiguous(), "bytes are taken from row-major host tensors");
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

}  // namespace hpctrain::checkpoint
