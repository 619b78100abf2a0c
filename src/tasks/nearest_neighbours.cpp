#include "tasks/nearest_neighbours.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <tuple>

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kNeighbours = 20;
constexpr double kTemperature = 0.07;
/// A feature vector of zeros has no direction: it is as similar to one as to another.
constexpr double kShortest = 1e-12;

torch::Tensor directions_of(const torch::Tensor& features) {
  const auto exact = features.to(torch::kFloat64);
  return exact / exact.norm(2, {1}, /*keepdim=*/true).clamp_min(kShortest);
}

}  // namespace

NearestNeighbours::NearestNeighbours(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes)
    : directions_(directions_of(features)), labels_(labels), classes_(classes) {}

torch::Tensor NearestNeighbours::votes(const torch::Tensor& features) const {
  const auto& device = features.device();
  const auto cosines = directions_of(features).mm(directions_.to(device).t());
  const auto [nearest, places] = cosines.topk(std::min(kNeighbours, directions_.size(0)), 1);
  const auto voters = labels_.to(device).index_select(0, places.flatten()).view_as(places);
  return torch::zeros({features.size(0), classes_}, nearest.options())
      .scatter_add(1, voters, (nearest / kTemperature).exp());
}

}  // namespace hpctrain::tasks
