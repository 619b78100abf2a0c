#include "models/mobilenet_v3.hpp"

#include <torch/nn.h>

#include <algorithm>
#include <array>
#include <string>

#include "models/initialisation.hpp"
#include "models/inverted_residual.hpp"
#include "models/recomputation.hpp"
#include "models/stem.hpp"

namespace hpctrain::models {
namespace {

constexpr NormalisationSettings kNormalisation{.epsilon = 1e-3, .momentum = 0.01};
constexpr double kUsualDropout = 0.2;
constexpr double kLinearDeviation = 0.01;
constexpr std::int64_t kFirstChannels = 16;
constexpr std::int64_t kLastChannels = 576;
constexpr std::int64_t kFeatures = 1024;

struct Row {
  std::int64_t from, kernel, expanded, to;
  bool is_squeezed;
  Activation activation;
  std::int64_t stride;
};

constexpr std::array kRows = {
    Row{16, 3, 16, 16, true, Activation::relu, 2},       Row{16, 3, 72, 24, false, Activation::relu, 2},
    Row{24, 3, 88, 24, false, Activation::relu, 1},      Row{24, 5, 96, 40, true, Activation::hardswish, 2},
    Row{40, 5, 240, 40, true, Activation::hardswish, 1}, Row{40, 5, 240, 40, true, Activation::hardswish, 1},
    Row{40, 5, 120, 48, true, Activation::hardswish, 1}, Row{48, 5, 144, 48, true, Activation::hardswish, 1},
    Row{48, 5, 288, 96, true, Activation::hardswish, 2}, Row{96, 5, 576, 96, true, Activation::hardswish, 1},
    Row{96, 5, 576, 96, true, Activation::hardswish, 1},
};

/// A quarter, to the nearest multiple of 8, but never more than a tenth less.
std::int64_t squeezed_channels(std::int64_t expanded) {
  const std::int64_t quarter = expanded / 4;
  const std::int64_t rounded = std::max<std::int64_t>(8, (quarter + 4) / 8 * 8);
  return 10 * rounded < 9 * quarter ? rounded + 8 : rounded;
}

std::shared_ptr<InvertedResidual> make_block(const Row& row) {
  InvertedResidualPlan plan{.from = row.from,
                            .expanded = row.expanded,
                            .to = row.to,
                            .kernel = row.kernel,
                            .stride = row.stride,
                            .activation = row.activation,
                            .normalisation = kNormalisation};
  if (row.is_squeezed) {
    plan.squeeze = {squeezed_channels(row.expanded), Activation::relu, Activation::hardsigmoid};
  }
  return std::make_shared<InvertedResidual>(plan);
}

}  // namespace

MobileNetV3Small::MobileNetV3Small(const NetworkSpec& spec)
    : stem_(spec.stem), dropout_(spec.dropout.value_or(kUsualDropout)) {
  const auto features = register_module("features", std::make_shared<torch::nn::Module>());
  const ConvolutionShape first{
      .from = stem_channels(spec), .to = kFirstChannels, .kernel = 3, .stride = stem_ == Stem::imagenet ? 2 : 1};
  first_ = features->register_module(
      "0", std::make_shared<NormalisedConvolution>(first, Activation::hardswish, kNormalisation));
  std::size_t place = 1;
  for (const Row& row : kRows) {
    blocks_->push_back(features->register_module(std::to_string(place++), make_block(row)));
  }
  const ConvolutionShape last{.from = kRows.back().to, .to = kLastChannels};
  last_ = features->register_module(
      std::to_string(place), std::make_shared<NormalisedConvolution>(last, Activation::hardswish, kNormalisation));
  const auto classifier = register_module("classifier", std::make_shared<torch::nn::Module>());
  widening_ = classifier->register_module("0", torch::nn::Linear(kLastChannels, kFeatures));
  head_ = classifier->register_module("3", torch::nn::Linear(kFeatures, spec.outputs));
  initialise();
}

void MobileNetV3Small::initialise() {
  initialise_convolutions(*this);
  for (auto& linear : {widening_, head_}) {
    torch::nn::init::normal_(linear->weight, 0, kLinearDeviation);
    torch::nn::init::zeros_(linear->bias);
  }
}

torch::Tensor MobileNetV3Small::features(const torch::Tensor& images) {
  auto maps = run_layer(recomputes(), first_, as_stem_reads(images, stem_));
  maps = run_layer(recomputes(), last_, run_parts(recomputes(), blocks_, std::move(maps)));
  return torch::hardswish(widening_(maps.mean({2, 3})));
}

torch::Tensor MobileNetV3Small::forward(const torch::Tensor& images) {
  return head_(torch::dropout(features(images), dropout_, is_training()));
}

std::shared_ptr<Network> make_mobilenet_v3_small(const NetworkSpec& spec) {
  require_images_fit("mobilenet-v3-small", spec, spec.stem == Stem::imagenet ? 32 : 16);
  return std::make_shared<MobileNetV3Small>(spec);
}

}  // namespace hpctrain::models
