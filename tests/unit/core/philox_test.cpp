// The generator against the vectors of its authors; the streams against what probability demands.
#include "core/philox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "core/error.hpp"

namespace hpctrain {
namespace {

// Oracle: Random123 1.14, tests/kat_vectors, lines "philox4x32 10".
TEST(Philox, ReproducesThePublishedVectors) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32_10({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterStream, DrawsEqualNumbersForEqualIdentities) {
  CounterStream one(7, 3, 1234, 2), two(7, 3, 1234, 2);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.next_u64(), two.next_u64());
}

// Numbers are part of a run's identity. Oracle: key derivation and counter layout written anew in Python.
TEST(CounterStream, NumbersNeverChangeBetweenBuilds) {
  CounterStream stream(42, 3, (7ull << 32) + 1234, 2);
  for (const std::uint32_t word : {0xbcf9780fu, 0x36da49c3u, 0x44fa86f1u, 0xa67b8395u, 0x5e490a9du, 0x7a554965u}) {
    EXPECT_EQ(stream.next_u32(), word);
  }
}

TEST(CounterStream, EveryPartOfTheIdentityChangesTheNumbers) {
  const DrawIdentity base{7, 3, 1234, 2};
  const std::vector<DrawIdentity> identities = {base,
                                                {8, 3, 1234, 2},
                                                {7, 4, 1234, 2},
                                                {7, 3, 1235, 2},
                                                {7, 3, 1234, 3},
                                                {7ull + (1ull << 32), 3, 1234, 2},
                                                {7, 3ull + (1ull << 32), 1234, 2},
                                                {7, 3, 1234ull + (1ull << 32), 2},
                                                {3, 7, 1234, 2}};
  std::set<std::uint64_t> firsts;
  for (const DrawIdentity& identity : identities) firsts.insert(CounterStream(identity).next_u64());
  EXPECT_EQ(firsts.size(), identities.size());
}

TEST(CounterStream, AContinuedStreamNeverRepeatsABlock) {
  CounterStream stream(1, 2, 3, 4);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(stream.next_u64());
  EXPECT_EQ(seen.size(), 10000u);
}

TEST(CounterStream, UniformHasTheMomentsOfTheUnitInterval) {
  CounterStream stream(11, 0, 0, 0);
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, 4 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / kDraws));
}

TEST(CounterStream, UniformFloatStaysBelowOne) {
  CounterStream stream(12, 0, 0, 0);
  float greatest = 0;
  for (int i = 0; i < 100000; ++i) greatest = std::max(greatest, stream.uniform_float());
  EXPECT_LT(greatest, 1.0f);
  EXPECT_GT(greatest, 0.999f);
}

TEST(CounterStream, UniformBetweenBoundsStaysInside) {
  CounterStream stream(13, 0, 0, 0);
  for (int i = 0; i < 1000; ++i) {
    const double value = stream.uniform(-2.5, 4.0);
    EXPECT_GE(value, -2.5);
    EXPECT_LT(value, 4.0);
  }
  EXPECT_EQ(stream.uniform(3.0, 3.0), 3.0);
}

TEST(CounterStream, BelowGivesEveryValueEquallyOften) {
  CounterStream stream(14, 0, 0, 0);
  constexpr int kValues = 7, kDraws = 70000;
  std::vector<int> counts(kValues, 0);
  for (int i = 0; i < kDraws; ++i) ++counts[stream.below(kValues)];
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / kValues, 2) / (kDraws / kValues);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
}

// Without rejection, value % n would give the lowest third of this range twice as often as each other third.
TEST(CounterStream, BelowIsUnbiasedWhereTheModuloWouldNotBe) {
  CounterStream stream(15, 0, 0, 0);
  const std::uint64_t n = 3ull << 62;
  int in_lower_third = 0;
  constexpr int kDraws = 30000;
  for (int i = 0; i < kDraws; ++i) in_lower_third += stream.below(n) < (1ull << 62) ? 1 : 0;
  EXPECT_NEAR(in_lower_third, kDraws / 3, 4 * std::sqrt(kDraws * 2.0 / 9));
}

TEST(CounterStream, BelowOneIsZeroAndBelowZeroIsABug) {
  CounterStream stream(16, 0, 0, 0);
  EXPECT_EQ(stream.below(1), 0u);
  EXPECT_THROW(stream.below(0), Error);
}

TEST(CounterStream, NormalHasTheMomentsOfTheNormalDistribution) {
  CounterStream stream(17, 0, 0, 0);
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0, fourths = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = stream.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 4 / std::sqrt(1.0 * kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 4 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourths / kDraws, 3.0, 4 * std::sqrt(96.0 / kDraws));
}

TEST(DeriveKey, DiffersBySeedEpochAndOperation) {
  const std::set<std::uint64_t> keys = {derive_key(1, 0, 0), derive_key(0, 1, 0), derive_key(0, 0, 1),
                                        derive_key(0, 0, 0), derive_key(0, 1ull << 32, 0)};
  EXPECT_EQ(keys.size(), 5u);
}

}  // namespace
}  // namespace hpctrain
