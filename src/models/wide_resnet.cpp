#include "models/wide_resnet.hpp"

#include <torch/nn.h>

#include <charconv>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "models/initialisation.hpp"
#include "models/recomputation.hpp"
#include "models/residual_block.hpp"
#include "models/stem.hpp"

namespace hpctrain::models {
namespace {

constexpr std::string_view kPrefix = "wrn-";
constexpr std::int64_t kStemChannels = 16;
constexpr std::int64_t kDeepest = 1000;
constexpr std::int64_t kWidest = 64;

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool is_wide_resnet_name(std::string_view name) noexcept {
  return name.starts_with(kPrefix);
}

WideResNetPlan read_wide_resnet_name(std::string_view name) {
  const auto numbers = name.substr(kPrefix.size());
  const auto dash = numbers.find('-');
  std::optional<std::int64_t> depth, width;
  if (dash != std::string_view::npos) {
    depth = read_number(numbers.substr(0, dash));
    width = read_number(numbers.substr(dash + 1));
  }
  require(
      depth && width && *depth >= 10 && *depth <= kDeepest && *depth % 6 == 4 && *width >= 1 && *width <= kWidest,
      Fault::usage,
      "a wide ResNet is called wrn-DEPTH-WIDTH, with a depth of 6n + 4 (10, 16, 22, 28, 34, 40, …) and a width from "
      "1 to " +
          std::to_string(kWidest) + ", not " + std::string(name) + "; choose for example wrn-28-10");
  return {*depth, *width};
}

WideBlock::WideBlock(std::int64_t from, std::int64_t to, std::int64_t stride, double dropout) : dropout_(dropout) {
  bn1_ = register_module("bn1", std::make_shared<BatchNorm>(from));
  conv1_ = register_module("conv1", make_convolution(from, to, 3, stride));
  bn2_ = register_module("bn2", std::make_shared<BatchNorm>(to));
  conv2_ = register_module("conv2", make_convolution(to, to, 3, 1));
  if (from != to) shortcut_ = register_module("convShortcut", make_convolution(from, to, 1, stride));
}

torch::Tensor WideBlock::forward(const torch::Tensor& input) {
  const auto activated = bn1_->forward(input).relu_();
  const auto between = bn2_->forward(conv1_(activated)).relu_();
  auto residual = conv2_(torch::dropout(between, dropout_, is_training()));
  return residual.add_(shortcut_ ? shortcut_(activated) : input);
}

WideResNet::WideResNet(const WideResNetPlan& plan, const NetworkSpec& spec) : stem_(spec.stem) {
  const bool is_imagenet = stem_ == Stem::imagenet;
  conv1_ = register_module(
      "conv1", make_convolution(stem_channels(spec), kStemChannels, is_imagenet ? 7 : 3, is_imagenet ? 2 : 1));
  std::int64_t channels = kStemChannels;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const std::int64_t width = (kStemChannels << i) * plan.width;
    for (std::int64_t block = 0; block < (plan.depth - 4) / 6; ++block) {
      const std::int64_t stride = i > 0 && block == 0 ? 2 : 1;
      stages_[i]->push_back(std::make_shared<WideBlock>(channels, width, stride, spec.dropout.value_or(0)));
      channels = width;
    }
    const auto stage = register_module("block" + std::to_string(i + 1), std::make_shared<torch::nn::Module>());
    stage->register_module("layer", stages_[i]);
  }
  bn1_ = register_module("bn1", std::make_shared<BatchNorm>(channels));
  head_ = register_module("fc", torch::nn::Linear(channels, spec.outputs));
  initialise_convolutions(*this);
  torch::nn::init::zeros_(head_->bias);
}

torch::Tensor WideResNet::features(const torch::Tensor& images) {
  auto maps = conv1_(as_stem_reads(images, stem_));
  if (stem_ == Stem::imagenet) maps = torch::max_pool2d(maps, 3, 2, 1);
  for (auto& stage : stages_) maps = run_parts(recomputes(), stage, std::move(maps));
  return bn1_->forward(maps).relu_().mean({2, 3});
}

torch::Tensor WideResNet::forward(const torch::Tensor& images) {
  return head_(features(images));
}

std::shared_ptr<Network> make_wide_resnet(std::string_view name, const NetworkSpec& spec) {
  const auto plan = read_wide_resnet_name(name);
  require_images_fit(name, spec, spec.stem == Stem::imagenet ? 16 : 4);
  return std::make_shared<WideResNet>(plan, spec);
}

}  // namespace hpctrain::models
