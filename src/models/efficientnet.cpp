#include "models/efficientnet.hpp"

#include <torch/nn.h>

#include <array>
#include <cmath>
#include <string>

#include "models/initialisation.hpp"
#include "models/inverted_residual.hpp"
#include "models/recomputation.hpp"
#include "models/stem.hpp"

namespace hpctrain::models {
namespace {

constexpr double kUsualDropout = 0.2;
constexpr double kUsualStochasticDepth = 0.2;
constexpr std::int64_t kFirstChannels = 32;
constexpr std::int64_t kFeatures = 1280;

struct StageRow {
  std::int64_t expansion, kernel, stride, from, to, blocks;
};

constexpr std::array kStages = {
    StageRow{1, 3, 1, 32, 16, 1},   StageRow{6, 3, 2, 16, 24, 2},  StageRow{6, 5, 2, 24, 40, 2},
    StageRow{6, 3, 2, 40, 80, 3},   StageRow{6, 5, 1, 80, 112, 3}, StageRow{6, 5, 2, 112, 192, 4},
    StageRow{6, 3, 1, 192, 320, 1},
};

constexpr std::int64_t count_blocks() {
  std::int64_t count = 0;
  for (const StageRow& stage : kStages) count += stage.blocks;
  return count;
}

std::shared_ptr<InvertedResidual> make_block(const StageRow& row, bool is_first, double drop) {
  const std::int64_t from = is_first ? row.from : row.to;
  return std::make_shared<InvertedResidual>(
      InvertedResidualPlan{.from = from,
                           .expanded = from * row.expansion,
                           .to = row.to,
                           .kernel = row.kernel,
                           .stride = is_first ? row.stride : 1,
                           .activation = Activation::silu,
                           .squeeze = {from / 4, Activation::silu, Activation::sigmoid},
                           .drop = drop});
}

}  // namespace

EfficientNetB0::EfficientNetB0(const NetworkSpec& spec)
    : stem_(spec.stem), dropout_(spec.dropout.value_or(kUsualDropout)) {
  const auto features = register_module("features", std::make_shared<torch::nn::Module>());
  const ConvolutionShape first{
      .from = stem_channels(spec), .to = kFirstChannels, .kernel = 3, .stride = stem_ == Stem::imagenet ? 2 : 1};
  first_ = features->register_module("0", std::make_shared<NormalisedConvolution>(first, Activation::silu));
  const double deepest_drop = spec.stochastic_depth.value_or(kUsualStochasticDepth);
  std::int64_t blocks_before = 0;
  for (const StageRow& row : kStages) {
    torch::nn::Sequential stage;
    for (std::int64_t i = 0; i < row.blocks; ++i) {
      const double depth = static_cast<double>(blocks_before++) / static_cast<double>(count_blocks());
      stage->push_back(make_block(row, i == 0, deepest_drop * depth));
    }
    stages_.push_back(features->register_module(std::to_string(1 + stages_.size()), stage));
  }
  const ConvolutionShape last{.from = kStages.back().to, .to = kFeatures};
  last_ = features->register_module(std::to_string(1 + stages_.size()),
                                    std::make_shared<NormalisedConvolution>(last, Activation::silu));
  const auto classifier = register_module("classifier", std::make_shared<torch::nn::Module>());
  head_ = classifier->register_module("1", torch::nn::Linear(kFeatures, spec.outputs));
  initialise();
}

void EfficientNetB0::initialise() {
  initialise_convolutions(*this);
  const double range = 1 / std::sqrt(static_cast<double>(head_->options.out_features()));
  torch::nn::init::uniform_(head_->weight, -range, range);
  torch::nn::init::zeros_(head_->bias);
}

torch::Tensor EfficientNetB0::features(const torch::Tensor& images) {
  auto maps = run_layer(recomputes(), first_, as_stem_reads(images, stem_));
  for (auto& stage : stages_) maps = run_parts(recomputes(), stage, std::move(maps));
  return run_layer(recomputes(), last_, std::move(maps)).mean({2, 3});
}

torch::Tensor EfficientNetB0::forward(const torch::Tensor& images) {
  return head_(torch::dropout(features(images), dropout_, is_training()));
}

std::shared_ptr<Network> make_efficientnet_b0(const NetworkSpec& spec) {
  require_images_fit("efficientnet-b0", spec, spec.stem == Stem::imagenet ? 32 : 16);
  return std::make_shared<EfficientNetB0>(spec);
}

}  // namespace hpctrain::models
