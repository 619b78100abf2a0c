#include "tasks/landmark_predictions.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace hpctrain::tasks {

torch::Tensor radial_errors(const torch::Tensor& decoded, const Batch& batch) {
  return (decoded - batch.targets).to(torch::kFloat64).square().sum(2).sqrt();
}

std::vector<LandmarkPrediction> landmark_predictions(const torch::Tensor& decoded, const torch::Tensor& confidence,
                                                     const Batch& batch) {
  const auto on_host = [](const torch::Tensor& tensor) { return tensor.to(torch::kFloat64).cpu().contiguous(); };
  const auto errors = on_host(radial_errors(decoded, batch)), points = on_host(decoded);
  const auto truths = on_host(batch.targets), heights = on_host(confidence),
             geometry = on_host(batch.attributes.narrow(1, 0, kGeometry));
  const auto error = errors.accessor<double, 2>(), height = heights.accessor<double, 2>();
  const auto facts = geometry.accessor<double, 2>();
  const auto point = points.accessor<double, 3>(), truth = truths.accessor<double, 3>();

  std::vector<LandmarkPrediction> all;
  for (std::int64_t n = 0; n < batch.count(); ++n) {
    LandmarkPrediction prediction{.sample_id = batch.sample_ids[static_cast<std::size_t>(n)],
                                  .scale = facts[n][kScale],
                                  .offset_x = facts[n][kOffsetX],
                                  .offset_y = facts[n][kOffsetY]};
    for (std::int64_t k = 0; k < point.size(1); ++k) {
      PredictedPoint predicted{.x_px = (point[n][k][0] - facts[n][kOffsetX]) / facts[n][kScale],
                               .y_px = (point[n][k][1] - facts[n][kOffsetY]) / facts[n][kScale],
                               .confidence = height[n][k]};
      if (std::isfinite(error[n][k])) {
        predicted.error_px = error[n][k] / facts[n][kScale];
        predicted.truth_x_px = (truth[n][k][0] - facts[n][kOffsetX]) / facts[n][kScale];
        predicted.truth_y_px = (truth[n][k][1] - facts[n][kOffsetY]) / facts[n][kScale];
      }
      if (predicted.error_px && facts[n][kMillimetres] > 0)
        predicted.error_mm = *predicted.error_px * facts[n][kMillimetres];
      prediction.points.push_back(predicted);
    }
    all.push_back(std::move(prediction));
  }
  return all;
}

std::vector<SampleError> landmark_errors(const std::vector<LandmarkPrediction>& predictions,
                                         const std::vector<std::string>& landmark_names) {
  std::vector<SampleError> errors;
  for (const LandmarkPrediction& prediction : predictions) {
    double sum = 0, worst = -1;
    std::size_t count = 0, worst_landmark = 0;
    const bool is_in_mm = std::any_of(prediction.points.begin(), prediction.points.end(),
                                      [](const PredictedPoint& point) { return point.error_mm.has_value(); });
    for (std::size_t k = 0; k < prediction.points.size(); ++k) {
      const auto& error = is_in_mm ? prediction.points[k].error_mm : prediction.points[k].error_px;
      if (!error) continue;
      sum += *error;
      ++count;
      if (*error > worst) worst = *error, worst_landmark = k;
    }
    if (count == 0) continue;
    const double mean = sum / static_cast<double>(count);
    const auto unit = is_in_mm ? "mm" : "px";
    errors.push_back(
        {prediction.sample_id, mean,
         fmt::format("mean {:.2f} {}, worst {} {:.2f} {}", mean, unit, landmark_names[worst_landmark], worst, unit)});
  }
  return errors;
}

}  // namespace hpctrain::tasks
