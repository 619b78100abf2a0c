#include "models/small_convnet.hpp"

#include "core/error.hpp"

namespace hpctrain::models {

SmallConvnet::SmallConvnet(const NetworkSpec& spec)
    : feature_count_(32 * (spec.height / 4) * (spec.width / 4)), dropout_(spec.dropout.value_or(0)) {
  conv1_ = register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(spec.channels, 16, 3).padding(1)));
  conv2_ = register_module("conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 32, 3).padding(1)));
  fc_ = register_module("fc", torch::nn::Linear(feature_count_, spec.outputs));
}

torch::Tensor SmallConvnet::features(const torch::Tensor& images) {
  const auto pooled = torch::max_pool2d(torch::relu(conv1_(images)), 2);
  return torch::max_pool2d(torch::relu(conv2_(pooled)), 2).flatten(1);
}

torch::Tensor SmallConvnet::forward(const torch::Tensor& images) {
  return fc_(torch::dropout(features(images), dropout_, is_training()));
}

std::shared_ptr<Network> make_small_convnet(const NetworkSpec& spec) {
  require(spec.height >= 4 && spec.width >= 4, Fault::usage,
          "model.name small-convnet needs images of at least 4×4 pixels, these are " + std::to_string(spec.width) +
              "×" + std::to_string(spec.height));
  return std::make_shared<SmallConvnet>(spec);
}

}  // namespace hpctrain::models
