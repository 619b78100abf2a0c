#include "models/resnet.hpp"

#include <torch/nn.h>

#include "models/initialisation.hpp"
#include "models/recomputation.hpp"
#include "models/residual_block.hpp"
#include "models/stem.hpp"

namespace hpctrain::models {
namespace {

constexpr std::array<const char*, 4> kStageNames{"layer1", "layer2", "layer3", "layer4"};

std::shared_ptr<Network> make_resnet(const char* name, const ResNetPlan& plan, const NetworkSpec& spec) {
  require_images_fit(name, spec, spec.stem == Stem::imagenet ? 32 : 8);
  return std::make_shared<ResNet>(plan, spec);
}

}  // namespace

ResNet::ResNet(const ResNetPlan& plan, const NetworkSpec& spec) : stem_(spec.stem), dropout_(spec.dropout.value_or(0)) {
  conv1_ = register_module(
      "conv1", stem_ == Stem::imagenet ? make_convolution(3, 64, 7, 2) : make_convolution(spec.channels, 64, 3, 1));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm>(64));
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const std::int64_t width = std::int64_t{64} << i;
    stages_[i] = register_module(kStageNames[i], make_stage(plan, width, plan.blocks_per_stage[i], i == 0 ? 1 : 2));
  }
  fc_ = register_module("fc", torch::nn::Linear(stage_channels_, spec.outputs));
  initialise_convolutions(*this);
}

torch::nn::Sequential ResNet::make_stage(const ResNetPlan& plan, std::int64_t width, std::int64_t blocks,
                                         std::int64_t stride) {
  torch::nn::Sequential stage;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t block_stride = i == 0 ? stride : 1;
    if (plan.block == ResNetPlan::Block::basic) {
      stage->push_back(std::make_shared<BasicBlock>(stage_channels_, width, block_stride));
      stage_channels_ = width * BasicBlock::kExpansion;
    } else {
      stage->push_back(std::make_shared<Bottleneck>(stage_channels_, width, block_stride));
      stage_channels_ = width * Bottleneck::kExpansion;
    }
  }
  return stage;
}

torch::Tensor ResNet::begin(const torch::Tensor& images) {
  const bool is_grey_in_colour_stem = stem_ == Stem::imagenet && images.size(1) == 1;
  auto features = is_grey_in_colour_stem ? images.expand({-1, 3, -1, -1}) : images;
  features = bn1_->forward(conv1_(features)).relu_();
  return stem_ == Stem::imagenet ? torch::max_pool2d(features, 3, 2, 1) : features;
}

torch::Tensor ResNet::features(const torch::Tensor& images) {
  const auto begin_again = [this](const std::vector<torch::Tensor>& inputs) { return begin(inputs.front()); };
  auto features = run_part(recomputes(), {conv1_.get(), bn1_.get()}, begin_again, {images});
  for (auto& stage : stages_) features = run_parts(recomputes(), stage, std::move(features));
  return features.mean({2, 3});
}

torch::Tensor ResNet::forward(const torch::Tensor& images) {
  return fc_(torch::dropout(features(images), dropout_, is_training()));
}

std::shared_ptr<Network> make_resnet18(const NetworkSpec& spec) {
  return make_resnet("resnet18", {ResNetPlan::Block::basic, {2, 2, 2, 2}}, spec);
}

std::shared_ptr<Network> make_resnet50(const NetworkSpec& spec) {
  return make_resnet("resnet50", {ResNetPlan::Block::bottleneck, {3, 4, 6, 3}}, spec);
}

std::shared_ptr<Network> make_resnet152(const NetworkSpec& spec) {
  return make_resnet("resnet152", {ResNetPlan::Block::bottleneck, {3, 8, 36, 3}}, spec);
}

}  // namespace hpctrain::models
