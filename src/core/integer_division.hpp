// Division of counts that leaves nothing over.
#pragma once

#include <cstdint>

namespace hpctrain {

/// How many groups of `b` hold `a` things; the last one may be smaller. `b` is not 0.
constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) noexcept {
  return a / b + (a % b != 0 ? 1 : 0);
}

/// The smallest multiple of b that is at least a.
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) noexcept {
  return divide_up(a, b) * b;
}

}  // namespace hpctrain
