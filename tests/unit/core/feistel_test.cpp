// A permutation must visit everything once, differ between keys, and leave no place a favourite.
#include "core/feistel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "core/error.hpp"
#include "core/philox.hpp"

namespace hpctrain {
namespace {

std::vector<std::uint64_t> order_of(std::uint64_t n, std::uint64_t key) {
  const FeistelPermutation permutation(n, key);
  std::vector<std::uint64_t> order;
  for (std::uint64_t position = 0; position < n; ++position) order.push_back(permutation(position));
  return order;
}

class FeistelOfSize : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FeistelOfSize, VisitsEverySampleOnce) {
  const std::uint64_t n = GetParam();
  for (const std::uint64_t key : {0ull, 1ull, 0xFFFFFFFFFFFFFFFFull}) {
    std::vector<int> visits(n, 0);
    for (const std::uint64_t element : order_of(n, key)) {
      ASSERT_LT(element, n);
      ++visits[element];
    }
    EXPECT_EQ(visits, std::vector<int>(n, 1)) << "key " << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, FeistelOfSize,
                         testing::Values(1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 1000, 4095, 4097, 65537));

TEST(Feistel, DifferentKeysGiveDifferentOrders) {
  std::map<std::vector<std::uint64_t>, std::uint64_t> seen;
  for (std::uint64_t key = 0; key < 100; ++key) seen[order_of(100, key)] = key;
  EXPECT_EQ(seen.size(), 100u);
}

// The order is part of a run's identity: a resume under a newer build must see the same one.
// Oracle: the permutation written anew in a page of Python from the paper's description and feistel.hpp.
TEST(Feistel, OrderNeverChangesBetweenBuilds) {
  EXPECT_EQ(order_of(10, derive_key(42, 0, 0)), (std::vector<std::uint64_t>{1, 3, 8, 0, 5, 9, 4, 6, 7, 2}));
  EXPECT_EQ(order_of(3, 1), (std::vector<std::uint64_t>{0, 2, 1}));
}

// Over many keys each place must hold each element equally often: chi-square over the whole table of places × elements.
TEST(Feistel, EveryElementComesToEveryPlaceEquallyOften) {
  constexpr std::uint64_t kElements = 13, kKeys = 20000;
  std::vector<double> counts(kElements * kElements, 0);
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    const FeistelPermutation permutation(kElements, derive_key(5, key, 0));
    for (std::uint64_t place = 0; place < kElements; ++place) ++counts[place * kElements + permutation(place)];
  }
  const double expected = static_cast<double>(kKeys) / kElements;
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - expected) * (count - expected) / expected;
  const double freedom = (kElements - 1.0) * (kElements - 1.0);
  EXPECT_LT(chi_square, freedom + 4 * std::sqrt(2 * freedom));
}

TEST(Feistel, AllSixOrdersOfThreeAreEquallyLikely) {
  std::map<std::vector<std::uint64_t>, int> counts;
  constexpr int kKeys = 12000;
  for (std::uint64_t key = 0; key < kKeys; ++key) ++counts[order_of(3, derive_key(6, key, 0))];
  ASSERT_EQ(counts.size(), 6u);
  double chi_square = 0;
  for (const auto& [order, count] : counts) chi_square += std::pow(count - kKeys / 6, 2) / (kKeys / 6);
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom, p = 0.001
}

// Neighbours in the packed order must not stay neighbours: distances of a random order average n/3.
TEST(Feistel, NeighboursAreScattered) {
  constexpr std::uint64_t kElements = 10000;
  const std::vector<std::uint64_t> order = order_of(kElements, 99);
  double distance = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    distance += std::abs(static_cast<double>(order[i]) - static_cast<double>(order[i - 1]));
  }
  EXPECT_NEAR(distance / (kElements - 1), kElements / 3.0, 0.03 * kElements / 3.0);
}

TEST(Feistel, ReachesTheGreatestSize) {
  const FeistelPermutation permutation(FeistelPermutation::kMaxElements, 1);
  EXPECT_LT(permutation(FeistelPermutation::kMaxElements - 1), FeistelPermutation::kMaxElements);
  EXPECT_NE(permutation(0), permutation(1));
}

TEST(Feistel, RefusesWhatItCannotPermute) {
  EXPECT_THROW(FeistelPermutation(0, 1), Error);
  EXPECT_THROW(FeistelPermutation(FeistelPermutation::kMaxElements + 1, 1), Error);
  EXPECT_THROW(FeistelPermutation(5, 1)(5), Error);
}

}  // namespace
}  // namespace hpctrain
