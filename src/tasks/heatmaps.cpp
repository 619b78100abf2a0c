#include "tasks/heatmaps.hpp"

#include <torch/utils.h>

namespace hpctrain::tasks {
namespace {

/// shapes  centres [N, K], may be NaN → [N, K, length]; zeros where not annotated
torch::Tensor gaussian_factor(const torch::Tensor& centres, double sigma, std::int64_t length) {
  const auto places = torch::arange(length, centres.options());
  const auto distance = (places - centres.unsqueeze(-1)).div_(sigma);
  return distance.square_().mul_(-0.5).exp_().nan_to_num_(0.0);
}

}  // namespace

torch::Tensor image_from_heatmap_points(const torch::Tensor& points, std::int64_t stride) {
  return (points + 0.5) * static_cast<double>(stride) - 0.5;
}

torch::Tensor heatmap_from_image_points(const torch::Tensor& points, std::int64_t stride) {
  return (points + 0.5) / static_cast<double>(stride) - 0.5;
}

torch::Tensor annotated_mask(const torch::Tensor& points) {
  return points.isfinite().all(-1).to(torch::kFloat32);
}

void fill_gaussian_heatmaps(const torch::Tensor& points, double sigma, torch::Tensor& heatmaps) {
  const auto centres = points.to(torch::kFloat32);
  const auto across = gaussian_factor(centres.select(-1, 0), sigma, heatmaps.size(3));
  const auto down = gaussian_factor(centres.select(-1, 1), sigma, heatmaps.size(2));
  torch::mul_out(heatmaps, down.unsqueeze(-1), across.unsqueeze(-2));
}

torch::Tensor gaussian_heatmaps(const torch::Tensor& points, double sigma, std::int64_t height, std::int64_t width) {
  auto heatmaps =
      torch::empty({points.size(0), points.size(1), height, width}, points.options().dtype(torch::kFloat32));
  fill_gaussian_heatmaps(points, sigma, heatmaps);
  return heatmaps;
}

}  // namespace hpctrain::tasks
