// Landmarks as Gaussian heatmaps, made on the device from coordinates, and the places of heatmap cells in an image.
// Knows neither data sets nor networks.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace hpctrain::tasks {

/// Pixel centres lie at integers, and cell (0, 0) covers the first stride × stride pixels:
/// image = (cell + 0.5)·stride − 0.5.
///   shapes  any; the same comes back
torch::Tensor image_from_heatmap_points(const torch::Tensor& points, std::int64_t stride);
torch::Tensor heatmap_from_image_points(const torch::Tensor& points, std::int64_t stride);

/// One where both coordinates are annotated, else zero.
///   shapes  points [N, K, 2] → [N, K] float32
torch::Tensor annotated_mask(const torch::Tensor& points);

/// exp(−(x−mx)²/2σ²) · exp(−(y−my)²/2σ²), peak 1; all zero for points that are not annotated. Points may lie outside.
///   shapes  points [N, K, 2] (x, y) in cells → [N, K, height, width] float32
///   cost    one pass over the output: the factors are one-dimensional
torch::Tensor gaussian_heatmaps(const torch::Tensor& points, double sigma, std::int64_t height, std::int64_t width);

/// The same, written over `heatmaps` [N, K, height, width] float32.
void fill_gaussian_heatmaps(const torch::Tensor& points, double sigma, torch::Tensor& heatmaps);

}  // namespace hpctrain::tasks
