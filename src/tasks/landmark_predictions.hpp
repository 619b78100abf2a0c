// What heatmaps say of single films, at the original size, for tables, overlays and lists of worst cases.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/task.hpp"

namespace hpctrain::tasks {

struct PredictedPoint {
  double x_px = 0;                     ///< original pixels
  double y_px = 0;                     ///< original pixels
  double confidence = 0;               ///< height of the heatmap's peak; 1 in the targets
  std::optional<double> truth_x_px{};  ///< original pixels; empty where not annotated
  std::optional<double> truth_y_px{};
  std::optional<double> error_px{};  ///< original pixels; empty where the truth is not annotated
  std::optional<double> error_mm{};  ///< empty also where the spacing is unknown
};

struct LandmarkPrediction {
  std::uint64_t sample_id = 0;
  std::vector<PredictedPoint> points{};  ///< [K]
  double scale = 1;                      ///< stored = original · scale + offset
  double offset_x = 0;
  double offset_y = 0;
};

/// Columns of the geometry that a landmark batch's attributes begin with: stored = original · scale + offset.
enum GeometryColumn : std::int64_t { kScale, kOffsetX, kOffsetY, kMillimetres, kGeometry };

/// shapes  decoded [N, K, 2] in pixels of batch.images; confidence [N, K]; attributes [N, kGeometry + …]
std::vector<LandmarkPrediction> landmark_predictions(const torch::Tensor& decoded, const torch::Tensor& confidence,
                                                     const Batch& batch);

/// Mean radial error of each sample, in mm where its spacing is known; samples without any truth are left out.
std::vector<SampleError> landmark_errors(const std::vector<LandmarkPrediction>& predictions,
                                         const std::vector<std::string>& landmark_names);

/// Distance between decoded and true points, [N, K] in pixels of the images, NaN where not annotated.
torch::Tensor radial_errors(const torch::Tensor& decoded, const Batch& batch);

}  // namespace hpctrain::tasks
