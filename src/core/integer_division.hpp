// Division of counts that leaves nothing over.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace hpctrain {

/// How many groups of `b` hold `a` things; the last one may be smaller. `a` is not negative, `b` is positive.
template <std::integral Count>
constexpr Count divide_up(Count a, std::type_identity_t<Count> b) noexcept {
  return a / b + (a % b != 0 ? 1 : 0);
}

/// The smallest multiple of b that is at least a.
template <std::integral Count>
constexpr Count round_up(Count a, std::type_identity_t<Count> b) noexcept {
  return divide_up(a, b) * b;
}

}  // namespace hpctrain
