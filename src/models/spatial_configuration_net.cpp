#include "models/spatial_configuration_net.hpp"

#include <torch/nn.h>

#include <array>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "models/interpolation.hpp"
#include "models/recomputation.hpp"

namespace hpctrain::models {
namespace {

constexpr std::int64_t kChannels = 128;
constexpr std::size_t kLevels = 3;
constexpr std::size_t kSpatialLayers = 4;
constexpr std::int64_t kSpatialKernel = 11;
constexpr std::int64_t kSpatialStride = 16;
constexpr double kUsualDropout = 0.5;
constexpr double kLeak = 0.1;

torch::nn::Conv2d make_conv(std::int64_t from, std::int64_t to, std::int64_t kernel) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, kernel).padding(kernel / 2));
}

torch::nn::Conv2d make_level_conv() {
  return make_conv(kChannels, kChannels, 3);
}

torch::Tensor apply_conv(torch::nn::ModuleList& list, std::size_t index, const torch::Tensor& input) {
  return list->at<torch::nn::Conv2dImpl>(index).forward(input);
}

torch::Tensor activate(torch::Tensor features) {
  return torch::leaky_relu_(features, kLeak);
}

}  // namespace

SpatialConfigurationNet::SpatialConfigurationNet(const NetworkSpec& spec)
    : dropout_(spec.dropout.value_or(kUsualDropout)) {
  stem_ = register_module("stem", make_conv(spec.channels, kChannels, 3));
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (int i = 0; i < 2; ++i) down_->push_back(make_level_conv());
    up_->push_back(make_level_conv());
  }
  for (int i = 0; i < 2; ++i) bottleneck_->push_back(make_level_conv());
  register_module("down", down_);
  register_module("bottleneck", bottleneck_);
  register_module("up", up_);
  const auto head = register_module("head", std::make_shared<torch::nn::Module>());
  local_ = head->register_module("local", make_conv(kChannels, spec.outputs, 1));
  for (std::size_t i = 0; i < kSpatialLayers; ++i) {
    spatial_->push_back(make_conv(i == 0 ? spec.outputs : kChannels, i + 1 == kSpatialLayers ? spec.outputs : kChannels,
                                  kSpatialKernel));
  }
  head->register_module("spatial", spatial_);
  initialise();
}

void SpatialConfigurationNet::initialise() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* convolution = module->as<torch::nn::Conv2d>()) {
      // There is no normalisation to mend the scale of activations, so it has to be right from the start.
      torch::nn::init::kaiming_normal_(convolution->weight, kLeak, torch::kFanIn, torch::kLeakyReLU);
      torch::nn::init::zeros_(convolution->bias);
    }
  }
  // Heatmaps are almost everywhere zero: begin there, by one factor of the product. Were both small, neither would
  // send the other a gradient.
  torch::nn::init::normal_(local_->weight, 0, 0.01);
}

torch::Tensor SpatialConfigurationNet::go_down(std::size_t level, const torch::Tensor& input) {
  auto features = level == 0 ? activate(stem_(input)) : torch::avg_pool2d(input, 2);
  features = activate(apply_conv(down_, 2 * level, features));
  features = torch::feature_dropout(features, dropout_, is_training());
  return activate(apply_conv(down_, 2 * level + 1, features));
}

torch::Tensor SpatialConfigurationNet::turn(const torch::Tensor& skip) {
  auto features = torch::avg_pool2d(skip, 2);
  for (std::size_t i = 0; i < bottleneck_->size(); ++i) features = activate(apply_conv(bottleneck_, i, features));
  return features;
}

torch::Tensor SpatialConfigurationNet::go_up(std::size_t level, const torch::Tensor& features,
                                             const torch::Tensor& skip) {
  const auto sum = enlarge_bilinear(features, {skip.size(2), skip.size(3)}) + activate(apply_conv(up_, level, skip));
  return level == 0 ? local_(sum) : sum;
}

torch::Tensor SpatialConfigurationNet::appearance(const torch::Tensor& images) {
  using Inputs = std::vector<torch::Tensor>;
  std::array<torch::Tensor, kLevels> skips;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto down = [this, level](const Inputs& inputs) { return go_down(level, inputs[0]); };
    PartLayers layers{down_->ptr(2 * level).get(), down_->ptr(2 * level + 1).get()};
    if (level == 0) layers.push_back(stem_.get());
    skips[level] = run_part(recomputes(), layers, down, {level == 0 ? images : skips[level - 1]});
  }
  const auto turn_round = [this](const Inputs& inputs) { return turn(inputs[0]); };
  auto features = run_part(recomputes(), {bottleneck_.get()}, turn_round, {skips.back()});
  for (std::size_t level = kLevels; level-- > 0;) {
    const auto up = [this, level](const Inputs& inputs) { return go_up(level, inputs[0], inputs[1]); };
    PartLayers layers{up_->ptr(level).get()};
    if (level == 0) layers.push_back(local_.get());
    features = run_part(recomputes(), layers, up, {features, skips[level]});
  }
  return features;
}

torch::Tensor SpatialConfigurationNet::configuration(const torch::Tensor& local) {
  auto features = torch::avg_pool2d(local, kSpatialStride);
  for (std::size_t i = 0; i + 1 < kSpatialLayers; ++i) features = activate(apply_conv(spatial_, i, features));
  features = apply_conv(spatial_, kSpatialLayers - 1, features);
  return enlarge_bicubic(features, {local.size(2), local.size(3)}).tanh_();
}

torch::Tensor SpatialConfigurationNet::forward(const torch::Tensor& images) {
  const auto local = appearance(images);
  const auto place = [this](const std::vector<torch::Tensor>& inputs) { return configuration(inputs[0]); };
  return local * run_part(recomputes(), {spatial_.get()}, place, {local});
}

std::shared_ptr<Network> make_spatial_configuration_net(const NetworkSpec& spec) {
  require(spec.height % kSpatialStride == 0 && spec.width % kSpatialStride == 0, Fault::usage,
          "model.name scn needs images whose sides are multiples of " + std::to_string(kSpatialStride) +
              " pixels, these are " + std::to_string(spec.width) + "×" + std::to_string(spec.height) +
              "; choose another data.image-size, or pack at such a size");
  return std::make_shared<SpatialConfigurationNet>(spec);
}

}  // namespace hpctrain::models
