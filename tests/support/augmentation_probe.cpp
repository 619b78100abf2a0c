// Draws augmentation plans and carries them out on images from standard input (JSON), and answers with both (JSON), so
// that tests/parity/augmentation_test.py can do the same with torchvision. Not installed.
#include <torch/utils.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "tasks/augmentation.hpp"
#include "tasks/augmentation_colour.hpp"
#include "tasks/augmentation_text.hpp"

namespace {

using nlohmann::json;
using namespace hpctrain::tasks;  // NOLINT: a program of one file

torch::Tensor tensor_of(const json& text) {
  return torch::tensor(text.at("values").get<std::vector<double>>(), torch::kFloat64)
      .to(torch::kFloat32)
      .view(text.at("shape").get<std::vector<std::int64_t>>());
}

json json_of(const torch::Tensor& tensor) {
  const auto flat = tensor.to(torch::kFloat32).contiguous().flatten();
  return {{"shape", tensor.sizes().vec()},
          {"values", std::vector<float>(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel())}};
}

json json_of(const AugmentationPlan& plan) {
  json text = {{"x", plan.move.x},
               {"y", plan.move.y},
               {"is_flipped", plan.move.is_flipped},
               {"elastic", plan.elastic.pixels},
               {"map", {plan.map.xx, plan.map.xy, plan.map.x0, plan.map.yx, plan.map.yy, plan.map.y0}},
               {"contrast", plan.contrast},
               {"brightness", plan.brightness},
               {"gamma", plan.gamma},
               {"saturation", plan.saturation},
               {"hue", plan.hue},
               {"is_grey", plan.is_grey},
               {"blur_sigma", plan.blur_sigma},
               {"cutout", {plan.cutout.top, plan.cutout.left, plan.cutout.size}}};
  if (plan.window) {
    text["window"] = {plan.window->top, plan.window->left, plan.window->size.height, plan.window->size.width};
  }
  return text;
}

json answer_for(const std::string& augment, const torch::Tensor& images) {
  const auto settings = read_augmentation(augment).value();
  std::vector<AugmentationPlan> plans;
  json drawn = json::array();
  for (std::uint64_t sample = 0; sample < static_cast<std::uint64_t>(images.size(0)); ++sample) {
    plans.push_back(
        plan_augmentation(settings, {.height = images.size(2), .width = images.size(3)}, 3, 1, 100 + sample));
    drawn.push_back(json_of(plans.back()));
  }
  const auto augmented = cut_out(augment_images(move_pixels(images, plans), plans), plans, 0.5);
  return {{"plans", drawn}, {"images", json_of(augmented)}};
}

json answer(const json& question) {
  const auto images = tensor_of(question.at("images"));
  json answers = json::object();
  for (const auto& augment : question.at("augment")) answers[augment] = answer_for(augment, images);
  return answers;
}

}  // namespace

int main() {
  try {
    std::cout << answer(json::parse(std::cin)) << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "augmentation_probe: " << error.what() << '\n';
    return hpctrain::exit_code(hpctrain::Fault::bug);
  }
}
