// Shares of mixed samples against the moments of the Beta distribution, mixing against arithmetic.
#include "tasks/mixup.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <vector>

namespace hpctrain::tasks {
namespace {

constexpr std::uint64_t kDraws = 20000;

std::vector<double> draw_many(double alpha) {
  std::vector<double> shares;
  for (std::uint64_t sample = 0; sample < kDraws; ++sample) shares.push_back(draw_own_share(alpha, 3, 1, sample));
  return shares;
}

/// Mean of (share − ½)^power.
double moment(const std::vector<double>& shares, int power) {
  double sum = 0;
  for (const double share : shares) sum += std::pow(share - 0.5, power);
  return sum / static_cast<double>(shares.size());
}

// Beta(a, a): mean ½, variance 1 / (4 (2a + 1)), fourth central moment 3 / (16 (2a + 1) (2a + 3)).
TEST(Mixup, DrawsSharesFromTheBetaDistribution) {
  for (const double alpha : {0.05, 0.2, 0.7, 1.0}) {
    const auto shares = draw_many(alpha);
    EXPECT_NEAR(moment(shares, 1), 0, 0.012) << alpha;
    EXPECT_NEAR(moment(shares, 2) * 4 * (2 * alpha + 1), 1, 0.02) << alpha;
    EXPECT_NEAR(moment(shares, 4) * 16 * (2 * alpha + 1) * (2 * alpha + 3) / 3, 1, 0.03) << alpha;
  }
}

TEST(Mixup, DrawsSharesThatAreNumbersForTheSmallestAlpha) {
  for (const double share : draw_many(1e-6)) EXPECT_TRUE(share >= 0 && share <= 1) << share;
}

TEST(Mixup, DrawsAShareForEachSampleEpochAndSeed) {
  const double share = draw_own_share(0.4, 1, 2, 3);
  EXPECT_EQ(draw_own_share(0.4, 1, 2, 3), share);
  EXPECT_NE(draw_own_share(0.4, 1, 2, 4), share);
  EXPECT_NE(draw_own_share(0.4, 1, 3, 3), share);
  EXPECT_NE(draw_own_share(0.4, 2, 2, 3), share);
  const std::vector<std::uint64_t> samples = {3, 4};
  EXPECT_EQ(draw_own_shares(0.4, 1, 2, samples, torch::kCPU)[0].item<float>(), static_cast<float>(share));
}

TEST(Mixup, MixesByTheShares) {
  const auto own = torch::tensor({{4.0f, 8.0f}, {1.0f, 2.0f}}), partners = torch::tensor({{0.0f, 16.0f}, {5.0f, 6.0f}});
  const auto mixed = mix(own, partners, torch::tensor({0.25f, 1.0f}));
  EXPECT_TRUE(torch::equal(mixed, torch::tensor({{1.0f, 14.0f}, {1.0f, 2.0f}})));
}

}  // namespace
}  // namespace hpctrain::tasks
