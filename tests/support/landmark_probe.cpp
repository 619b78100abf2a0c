// Runs the landmark mathematics on numbers from standard input (JSON) and answers on standard output (JSON), so that
// tests/parity/heatmaps_test.py can compare them with numpy. Not installed.
#include <torch/utils.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "tasks/augmentation.hpp"
#include "tasks/heatmap_decoders.hpp"
#include "tasks/heatmaps.hpp"
#include "tasks/landmark_score.hpp"

namespace {

using nlohmann::json;
using namespace hpctrain::tasks;  // NOLINT: a program of one file

/// {"shape": […], "values": […]}; null stands for NaN.
torch::Tensor tensor_of(const json& text) {
  std::vector<double> values;
  for (const auto& value : text.at("values")) values.push_back(value.is_null() ? NAN : value.get<double>());
  return torch::tensor(values, torch::kFloat64).view(text.at("shape").get<std::vector<std::int64_t>>());
}

json json_of(const torch::Tensor& tensor) {
  const auto flat = tensor.to(torch::kFloat64).contiguous().flatten();
  json values = json::array();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    const double value = flat.data_ptr<double>()[i];
    values.push_back(std::isnan(value) ? json() : json(value));
  }
  return {{"shape", tensor.sizes().vec()}, {"values", values}};
}

std::vector<AugmentationPlan> plans_of(const json& moves, std::int64_t height, std::int64_t width) {
  std::vector<AugmentationPlan> plans;
  for (const auto& move : moves) {
    plans.push_back({.map = similarity_map({.height = height, .width = width}, move.at("degrees"), move.at("scale"),
                                           move.at("x"), move.at("y")),
                     .scale = move.at("scale")});
  }
  return plans;
}

json answer(const json& question) {
  const auto points = tensor_of(question.at("points")).to(torch::kFloat32);
  const auto maps = tensor_of(question.at("maps")).to(torch::kFloat32);
  const auto height = maps.size(2), width = maps.size(3);
  const auto plans = plans_of(question.at("moves"), height, width);
  const auto score = landmark_score({.radial = tensor_of(question.at("errors_px")),
                                     .doctors = tensor_of(question.at("doctors_px")),
                                     .mm = tensor_of(question.at("mm")),
                                     .loss_sum = torch::zeros({})});
  return {{"heatmaps", json_of(gaussian_heatmaps(points, question.at("sigma"), height, width))},
          {"argmax", json_of(decode_argmax(maps).points)},
          {"log_parabola", json_of(decode_log_parabola(maps).points)},
          {"local_soft_argmax", json_of(decode_local_soft_argmax(maps).points)},
          {"moved_points", json_of(augment_points(points, plans, height, width))},
          {"moved_maps", json_of(augment_images(maps, plans))},
          {"metrics",
           landmark_report({score.data_ptr<double>(), static_cast<std::size_t>(score.numel())}).metrics(Truth::mean)}};
}

}  // namespace

int main() {
  try {
    std::cout << answer(json::parse(std::cin)) << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "landmark_probe: " << error.what() << '\n';
    return hpctrain::exit_code(hpctrain::Fault::bug);
  }
}
