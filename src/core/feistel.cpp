// Rounds of the computed permutation. Their number and mixing are part of the run's identity: never change them.
#include "core/feistel.hpp"

#include <bit>

#include "core/error.hpp"
#include "core/philox.hpp"

namespace hpctrain {
namespace {

/// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

constexpr std::uint64_t low_bits(unsigned count) noexcept {
  return (1ull << count) - 1;
}

}  // namespace

FeistelPermutation::FeistelPermutation(std::uint64_t n, std::uint64_t key) : n_(n) {
  require_invariant(n >= 1 && n <= kMaxElements, "a permutation needs 1 to 2^62 elements");
  const auto bits = static_cast<unsigned>(std::bit_width(n - 1));
  right_bits_ = bits - bits / 2;
  left_size_ = ((n - 1) >> right_bits_) + 1;
  for (unsigned round = 0; round < kRounds; ++round) {
    const PhiloxBlock block =
        philox4x32_10({round, 0, 0, 0}, {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
    round_keys_[round] = block[0] | static_cast<std::uint64_t>(block[1]) << 32;
  }
}

std::uint64_t FeistelPermutation::operator()(std::uint64_t position) const {
  require_invariant(position < n_, "a position outside the permutation");
  // Walking the cycle that starts inside [0, n) comes back inside, at the latest at `position` itself.
  std::uint64_t value = pass(position);
  while (value >= n_) value = pass(value);
  return value;
}

void FeistelPermutation::permute(std::uint64_t first, std::span<std::uint64_t> values) const {
  require_invariant(first <= n_ && values.size() <= n_ - first, "positions outside the permutation");
  // The rounds of one element wait for each other; those of neighbours do not, once no call stands between them.
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = pass(first + i);
  for (std::uint64_t& value : values) {
    while (value >= n_) value = pass(value);
  }
}

std::uint64_t FeistelPermutation::pass(std::uint64_t value) const noexcept {
  std::uint64_t left = value >> right_bits_;
  std::uint64_t right = value & low_bits(right_bits_);
  for (unsigned round = 0; round < kRounds; round += 2) {
    // The left half counts modulo left_size_; the upper 32 bits of the mix, scaled down, need no division.
    left += ((mix(right + round_keys_[round]) >> 32) * left_size_) >> 32;
    if (left >= left_size_) left -= left_size_;
    right ^= mix(left + round_keys_[round + 1]) & low_bits(right_bits_);
  }
  return left << right_bits_ | right;
}

}  // namespace hpctrain
