#include "checkpoint/tensor_format.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
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

/// A floating-point number is infinite or none exactly when every bit of its exponent is set.
template <typename Bits>
bool are_finite(std::span<const std::byte> bytes, Bits exponent_mask) {
  // No early end: the plain loop is what the compiler turns into vector instructions.
  bool has_other = false;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + i, sizeof(Bits));
    has_other |= (bits & exponent_mask) == exponent_mask;
  }
  return !has_other;
}

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

bool is_finite(const at::Tensor& tensor) {
  const auto bytes = tensor_bytes(tensor);
  switch (tensor.scalar_type()) {
    case at::kDouble:
      return are_finite<std::uint64_t>(bytes, 0x7ff0'0000'0000'0000);
    case at::kFloat:
      return are_finite<std::uint32_t>(bytes, 0x7f80'0000);
    case at::kHalf:
      return are_finite<std::uint16_t>(bytes, 0x7c00);
    case at::kBFloat16:
      return are_finite<std::uint16_t>(bytes, 0x7f80);
    default:
      return true;
  }
}

at::Tensor host_row_major(const at::Tensor& tensor) {
  if (tensor.device().is_cpu() && tensor.is_contiguous()) return tensor;
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
