// Counter-based random numbers: a pure function of (seed, epoch, sample id, operation, draw), so that augmentation and
// order are the same at any thread count, world size and after any resume. Holds no state that must be saved.
#pragma once

#include <array>
#include <cstdint>

namespace hpctrain {

using PhiloxBlock = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// One block of Philox4x32 with ten rounds.
///   source  Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011
constexpr PhiloxBlock philox4x32_10(PhiloxBlock counter, PhiloxKey key) noexcept {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

/// A key for one purpose, from the run's seed: unrelated to the keys of other epochs and operations.
std::uint64_t derive_key(std::uint64_t seed, std::uint64_t epoch, std::uint32_t operation) noexcept;

/// Who asks for random numbers. Equal identities draw equal numbers, on any rank and machine.
struct DrawIdentity {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sample_id = 0;
  std::uint32_t operation =
      0;  ///< each kind of draw has its own number, so that adding one leaves the others as they were

  bool operator==(const DrawIdentity&) const = default;
};

/// The numbers of one identity, in order. A small value: copy it to draw the same numbers twice.
class CounterStream {
 public:
  explicit CounterStream(const DrawIdentity& identity) noexcept;
  CounterStream(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id, std::uint32_t operation) noexcept
      : CounterStream(DrawIdentity{seed, epoch, sample_id, operation}) {}

  std::uint32_t next_u32() noexcept;
  std::uint64_t next_u64() noexcept;
  /// [0, 1), 53 random bits.
  double uniform() noexcept;
  /// [0, 1), 24 random bits.
  float uniform_float() noexcept;
  /// [low, high); low where they are equal.
  double uniform(double low, double high) noexcept;
  /// 0 … n-1, every value equally likely.
  ///   errors  Fault::bug when n is 0
  std::uint64_t below(std::uint64_t n);
  /// Mean 0, standard deviation 1. Goes through the C library's log and cos: equal bits on equal libraries only.
  double normal() noexcept;
  /// True with the given probability.
  bool chance(double probability) noexcept { return uniform() < probability; }

 private:
  PhiloxKey key_;
  std::uint64_t sample_id_;
  std::uint64_t block_ = 0;  ///< blocks made so far
  PhiloxBlock words_{};
  unsigned used_ = 4;  ///< words of the present block that are spent
};

}  // namespace hpctrain
