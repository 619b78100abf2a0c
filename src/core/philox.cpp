// Streams over Philox blocks. The word order inside a block is part of the run's identity: never change it.
#include "core/philox.hpp"

#include <cmath>
#include <numbers>

#include "core/error.hpp"

namespace hpctrain {
namespace {

constexpr std::uint32_t low_half(std::uint64_t value) noexcept {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint32_t high_half(std::uint64_t value) noexcept {
  return static_cast<std::uint32_t>(value >> 32);
}
constexpr PhiloxKey key_of(std::uint64_t value) noexcept {
  return {low_half(value), high_half(value)};
}

}  // namespace

std::uint64_t derive_key(std::uint64_t seed, std::uint64_t epoch, std::uint32_t operation) noexcept {
  constexpr std::uint32_t kKeyDerivation = 0x6B657931;  // any constant: 128 bits of counter, 96 of them used
  const PhiloxBlock block = philox4x32_10({low_half(epoch), high_half(epoch), operation, kKeyDerivation}, key_of(seed));
  return block[0] | static_cast<std::uint64_t>(block[1]) << 32;
}

// Epoch and operation go into the key, because sample id and block number fill the counter's 128 bits.
CounterStream::CounterStream(const DrawIdentity& identity) noexcept
    : key_(key_of(derive_key(identity.seed, identity.epoch, identity.operation))), sample_id_(identity.sample_id) {}

std::uint32_t CounterStream::next_u32() noexcept {
  if (used_ == words_.size()) {
    words_ = philox4x32_10({low_half(block_), high_half(block_), low_half(sample_id_), high_half(sample_id_)}, key_);
    ++block_;
    used_ = 0;
  }
  return words_[used_++];
}

std::uint64_t CounterStream::next_u64() noexcept {
  const std::uint64_t low = next_u32();
  return low | static_cast<std::uint64_t>(next_u32()) << 32;
}

double CounterStream::uniform() noexcept {
  return static_cast<double>(next_u64() >> 11) * 0x1p-53;
}

float CounterStream::uniform_float() noexcept {
  return static_cast<float>(next_u32() >> 8) * 0x1p-24f;
}

double CounterStream::uniform(double low, double high) noexcept {
  const double value = low + (high - low) * uniform();
  return value < high ? value : low;  // rounding may reach `high`
}

std::uint64_t CounterStream::below(std::uint64_t n) {
  require_invariant(n > 0, "below(0) asks for a number out of none");
  const std::uint64_t surplus = (0 - n) % n;  // 2^64 mod n: values under it would favour small remainders
  std::uint64_t value = next_u64();
  while (value < surplus) value = next_u64();
  return value % n;
}

// Box and Muller's method, the sine half thrown away: no state beyond the position in the stream.
double CounterStream::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace hpctrain
