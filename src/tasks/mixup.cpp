#include "tasks/mixup.hpp"

#include <torch/utils.h>

#include <cmath>
#include <vector>

#include "core/philox.hpp"
#include "device/device.hpp"
#include "tasks/augmentation_draws.hpp"

namespace hpctrain::tasks {

double draw_own_share(double alpha, std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample_id) {
  CounterStream draws(seed, epoch, sample_id, kMixup);
  // Two powers of uniform numbers, kept when their sum is at most 1: for an alpha up to 1 at least every second pair.
  while (true) {
    // From (0, 1]: a small alpha needs the logarithm.
    const double own = std::log(1 - draws.uniform()) / alpha;
    const double other = std::log(1 - draws.uniform()) / alpha;
    if (std::exp(own) + std::exp(other) > 1) continue;
    return 1 / (1 + std::exp(other - own));
  }
}

torch::Tensor draw_own_shares(double alpha, std::uint64_t seed, std::uint64_t epoch,
                              std::span<const std::uint64_t> sample_ids, const torch::Device& device) {
  std::vector<float> shares;
  for (const std::uint64_t sample : sample_ids) {
    shares.push_back(static_cast<float>(draw_own_share(alpha, seed, epoch, sample)));
  }
  return device::send(torch::tensor(shares, torch::kFloat32), device);
}

torch::Tensor mix(const torch::Tensor& own, const torch::Tensor& partners, const torch::Tensor& shares) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(own.dim()), 1);
  shape.front() = own.size(0);
  const auto factors = shares.view(shape);
  return own * factors + partners * (1 - factors);
}

}  // namespace hpctrain::tasks
