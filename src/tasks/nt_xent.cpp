#include "tasks/nt_xent.hpp"

#include <torch/utils.h>

#include <limits>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

/// Below it a vector has no direction.
constexpr double kShortestEmbedding = 1e-8;

}  // namespace

torch::Tensor nt_xent_losses(const torch::Tensor& embeddings, double temperature) {
  require_invariant(embeddings.dim() == 3 && embeddings.size(1) == 2, "two views of each sample");
  const std::int64_t samples = embeddings.size(0);
  const auto lengths = embeddings.norm(2, {2}, /*keepdim=*/true).clamp_min(kShortestEmbedding);
  // One view of all samples, then the other: view k and view k ± samples belong together.
  const auto directions = (embeddings / lengths).transpose(0, 1).reshape({2 * samples, -1});
  const auto similarities = directions.mm(directions.t()) / temperature;
  const auto own = torch::eye(2 * samples, torch::TensorOptions().dtype(torch::kBool).device(embeddings.device()));
  const auto others = similarities.masked_fill(own, -std::numeric_limits<double>::infinity()).logsumexp({1});
  const auto partners = similarities.diagonal(samples);
  return (others.view({2, samples}) - partners.unsqueeze(0)).mean(0);
}

/// Backward of the sum over others is the peak: the masked similarities, three steps of their softmax, the gradient of
/// the partners, and the mask.
std::uint64_t nt_xent_bytes(std::uint64_t samples) {
  constexpr std::uint64_t kBytesOfPair = 5 * sizeof(float) + sizeof(bool);
  return kBytesOfPair * (2 * samples) * (2 * samples);
}

}  // namespace hpctrain::tasks
