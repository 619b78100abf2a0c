#include "models/strided_convnet.hpp"

#include <string>

#include "core/error.hpp"
#include "models/interpolation.hpp"
#include "models/residual_block.hpp"

namespace hpctrain::models {
namespace {

constexpr std::int64_t kPartsPerAxis = 2;
/// Below it the last map would not have that many pixels.
constexpr std::int64_t kSmallestSide = 9;

}  // namespace

StridedConvnet::StridedConvnet(const NetworkSpec& spec) : dropout_(spec.dropout.value_or(0)) {
  std::int64_t channels = spec.channels;
  for (std::size_t i = 0; i < kWidths.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    convolutions_[i] = register_module("conv" + number, make_convolution(channels, kWidths[i], 3, 2));
    norms_[i] = register_module("bn" + number, std::make_shared<BatchNorm>(kWidths[i]));
    channels = kWidths[i];
  }
  fc_ = register_module("fc", torch::nn::Linear(feature_count(), spec.outputs));
}

std::int64_t StridedConvnet::feature_count() const {
  return kWidths.back() * kPartsPerAxis * kPartsPerAxis;
}

torch::Tensor StridedConvnet::features(const torch::Tensor& images) {
  auto maps = images;
  for (std::size_t i = 0; i < kWidths.size(); ++i) maps = norms_[i]->forward(convolutions_[i](maps)).relu_();
  return mean_of_parts(maps, kPartsPerAxis).flatten(1);
}

torch::Tensor StridedConvnet::forward(const torch::Tensor& images) {
  return fc_(torch::dropout(features(images), dropout_, is_training()));
}

std::shared_ptr<Network> make_strided_convnet(const NetworkSpec& spec) {
  require(spec.height >= kSmallestSide && spec.width >= kSmallestSide, Fault::usage,
          "model.name strided-convnet needs images of at least 9×9 pixels, these are " + std::to_string(spec.width) +
              "×" + std::to_string(spec.height));
  return std::make_shared<StridedConvnet>(spec);
}

}  // namespace hpctrain::models
