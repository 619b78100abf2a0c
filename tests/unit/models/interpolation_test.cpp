// The ordered operations, which a GPU takes in the deterministic mode, beside torch's own on the CPU.
#include "models/interpolation.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <functional>

namespace hpctrain::models {
namespace {

using Operation = std::function<torch::Tensor(const torch::Tensor&)>;

void expect_equal(const torch::Tensor& maps, const Operation& ours, const Operation& torchs) {
  const auto mine = maps.clone().requires_grad_(), other = maps.clone().requires_grad_();
  const auto answer = ours(mine), reference = torchs(other);
  ASSERT_EQ(answer.sizes(), reference.sizes());
  EXPECT_TRUE(torch::allclose(answer, reference, 1e-5, 1e-5)) << (answer - reference).abs().max();
  const auto weights = torch::linspace(-1, 1, reference.numel()).view(reference.sizes());
  (answer * weights).sum().backward();
  (reference * weights).sum().backward();
  EXPECT_TRUE(torch::allclose(mine.grad(), other.grad(), 1e-4, 1e-5)) << (mine.grad() - other.grad()).abs().max();
}

TEST(Interpolation, EnlargesAsTorchDoesWithItsGradients) {
  torch::manual_seed(1);
  for (const auto& [from, to] : {std::pair<std::int64_t, std::int64_t>{4, 8}, {5, 9}, {7, 7}, {1, 6}, {6, 31}}) {
    const auto maps = torch::randn({2, 3, from, from + 2});
    const std::vector<std::int64_t> size{to, to + 3};
    expect_equal(
        maps, [&](const auto& x) { return ordered::enlarge_bilinear(x, size); },
        [&](const auto& x) { return torch::upsample_bilinear2d(x, size, false); });
    expect_equal(
        maps, [&](const auto& x) { return ordered::enlarge_bicubic(x, size); },
        [&](const auto& x) { return torch::upsample_bicubic2d(x, size, false); });
  }
}

TEST(Interpolation, TakesMeansOfPartsAsTorchDoes) {
  torch::manual_seed(2);
  for (const std::int64_t side : {2, 3, 4, 7}) {
    const auto maps = torch::randn({2, 3, side, side + 1});
    expect_equal(
        maps, [](const auto& x) { return ordered::mean_of_parts(x, 2); },
        [](const auto& x) {
          return torch::adaptive_avg_pool2d(x, {2, 2});
        });
  }
}

TEST(Interpolation, KeepsTheNumberFormat) {
  const auto maps = torch::ones({1, 1, 2, 2}, torch::kBFloat16);
  EXPECT_EQ(ordered::enlarge_bilinear(maps, {4, 4}).scalar_type(), torch::kBFloat16);
  EXPECT_FALSE(needs_ordered_gradients(maps)) << "the CPU's kernels add in one order";
}

}  // namespace
}  // namespace hpctrain::models
