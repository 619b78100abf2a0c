// One loop per operation, instantiated per element type.
#include "comm/reduce.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>

#include "comm/half.hpp"

namespace hpctrain::comm {

namespace {

bool is_sixteen_bit_float(ElementType type) noexcept {
  return type == ElementType::f16 || type == ElementType::bf16;
}

template <typename T, typename Op>
void combine(Span accumulated, const void* other, Op op) {
  T* into = static_cast<T*>(accumulated.data);
  const T* from = static_cast<const T*>(other);
  std::transform(into, into + accumulated.count, from, into, op);
}

template <typename T>
void reduce_typed(Span accumulated, const void* other, ReduceOp op) {
  switch (op) {
    case ReduceOp::sum:
      return combine<T>(accumulated, other, [](T a, T b) { return static_cast<T>(a + b); });
    case ReduceOp::min:
      return combine<T>(accumulated, other, [](T a, T b) { return std::min(a, b); });
    case ReduceOp::max:
      return combine<T>(accumulated, other, [](T a, T b) { return std::max(a, b); });
    case ReduceOp::bit_or:
      if constexpr (std::is_unsigned_v<T>) {
        return combine<T>(accumulated, other, [](T a, T b) { return static_cast<T>(a | b); });
      }
  }
}

}  // namespace

void require_reducible(ElementType type, ReduceOp op) {
  const bool is_unsigned = type == ElementType::u8 || type == ElementType::u32 || type == ElementType::u64;
  require_invariant(op != ReduceOp::bit_or || is_unsigned, "bit_or reduces unsigned integers only");
}

void reduce_into(Span accumulated, const void* other, ReduceOp op) {
  require_reducible(accumulated.type, op);
  require_invariant(!is_sixteen_bit_float(accumulated.type), "16-bit floats are widened before they are reduced");
  switch (accumulated.type) {
    case ElementType::u8:
      return reduce_typed<std::uint8_t>(accumulated, other, op);
    case ElementType::i32:
      return reduce_typed<std::int32_t>(accumulated, other, op);
    case ElementType::i64:
      return reduce_typed<std::int64_t>(accumulated, other, op);
    case ElementType::u32:
      return reduce_typed<std::uint32_t>(accumulated, other, op);
    case ElementType::u64:
      return reduce_typed<std::uint64_t>(accumulated, other, op);
    case ElementType::f32:
      return reduce_typed<float>(accumulated, other, op);
    case ElementType::f64:
      return reduce_typed<double>(accumulated, other, op);
    case ElementType::f16:
    case ElementType::bf16:
      return;
  }
}

WideSpan::WideSpan(Span original) : original_(original) {
  if (!is_sixteen_bit_float(original.type)) return;
  const auto* narrow = static_cast<const std::uint16_t*>(original.data);
  const auto widen = original.type == ElementType::f16 ? widen_f16 : widen_bf16;
  copy_ = std::make_unique<std::vector<float>>(original.count);
  std::transform(narrow, narrow + original.count, copy_->begin(), widen);
}

Span WideSpan::wide() noexcept {
  if (!copy_) return original_;
  return {copy_->data(), copy_->size(), ElementType::f32};
}

void WideSpan::finish() {
  if (!copy_) return;
  const auto narrow = original_.type == ElementType::f16 ? narrow_f16 : narrow_bf16;
  std::transform(copy_->begin(), copy_->end(), static_cast<std::uint16_t*>(original_.data), narrow);
}

void WideSpan::abandon() noexcept {
  static_cast<void>(copy_.release());
}

}  // namespace hpctrain::comm
