#include "models/unet.hpp"

#include <torch/nn.h>

#include <array>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "models/interpolation.hpp"
#include "models/recomputation.hpp"

namespace hpctrain::models {
namespace {

constexpr std::array<std::int64_t, 6> kChannels{16, 32, 64, 96, 128, 128};  ///< of level i, whose stride is 2^(i+1)
constexpr std::size_t kOutputLevel = 1;
constexpr std::int64_t kSmallestSide = 32;
constexpr double kLeak = 0.1;

torch::nn::Conv2d make_conv(std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t stride = 1) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, kernel).stride(stride).padding(kernel / 2));
}

torch::Tensor apply_conv(torch::nn::ModuleList& list, std::size_t index, const torch::Tensor& input) {
  return list->at<torch::nn::Conv2dImpl>(index).forward(input);
}

/// Leaky: there is no normalisation, and a map whose ReLUs fall silent early on never comes back.
torch::Tensor activate(torch::Tensor features) {
  return torch::leaky_relu_(features, kLeak);
}

torch::Tensor enlarge_to(const torch::Tensor& input, const torch::Tensor& pattern) {
  return enlarge_bilinear(input, {pattern.size(2), pattern.size(3)});
}

}  // namespace

UNet::UNet(const NetworkSpec& spec) {
  stem_ = register_module("stem", make_conv(spec.channels, kChannels[0], 5, 2));
  stem_refine_ = register_module("stem_refine", make_conv(kChannels[0], kChannels[0], 3));
  for (std::size_t i = 0; i + 1 < kChannels.size(); ++i) {
    down_->push_back(make_conv(kChannels[i], kChannels[i + 1], 3, 2));
    refine_->push_back(make_conv(kChannels[i + 1], kChannels[i + 1], 3));
    if (i >= kOutputLevel) {
      lateral_->push_back(make_conv(kChannels[i + 1], kChannels[i], 1));
      merge_->push_back(make_conv(kChannels[i], kChannels[i], 3));
    }
  }
  register_module("down", down_);
  register_module("refine", refine_);
  register_module("lateral", lateral_);
  register_module("merge", merge_);
  head_ = register_module("head", make_conv(kChannels[kOutputLevel], spec.outputs, 1));
  initialise();
}

void UNet::initialise() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* convolution = module->as<torch::nn::Conv2d>()) {
      // There is no normalisation to mend the scale of activations, so it has to be right from the start.
      torch::nn::init::kaiming_normal_(convolution->weight, kLeak, torch::kFanIn, torch::kLeakyReLU);
      torch::nn::init::zeros_(convolution->bias);
    }
  }
  // Heatmaps are almost everywhere zero: begin there.
  torch::nn::init::normal_(head_->weight, 0, 0.01);
}

torch::Tensor UNet::begin(const torch::Tensor& images) {
  // Convolutions are a quarter faster here with channels innermost (measured on one CPU core).
  const auto features = activate(stem_(images.contiguous(at::MemoryFormat::ChannelsLast)));
  return activate(stem_refine_(features));
}

torch::Tensor UNet::go_down(std::size_t from, const torch::Tensor& features) {
  return activate(apply_conv(refine_, from, activate(apply_conv(down_, from, features))));
}

torch::Tensor UNet::go_up(std::size_t to, const torch::Tensor& features, const torch::Tensor& skip) {
  const std::size_t step = to - kOutputLevel;
  const auto sum = enlarge_to(apply_conv(lateral_, step, features), skip) + skip;
  return activate(apply_conv(merge_, step, sum));
}

torch::Tensor UNet::forward(const torch::Tensor& images) {
  using Inputs = std::vector<torch::Tensor>;
  std::array<torch::Tensor, kChannels.size()> levels;
  const PartLayers stem{stem_.get(), stem_refine_.get()};
  levels[0] = run_part(recomputes(), stem, [this](const Inputs& inputs) { return begin(inputs[0]); }, {images});
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const auto down = [this, i](const Inputs& inputs) { return go_down(i, inputs[0]); };
    levels[i + 1] = run_part(recomputes(), {down_->ptr(i).get(), refine_->ptr(i).get()}, down, {levels[i]});
  }
  auto features = levels.back();
  for (std::size_t i = levels.size() - 1; i-- > kOutputLevel;) {
    const auto up = [this, i](const Inputs& inputs) { return go_up(i, inputs[0], inputs[1]); };
    const PartLayers layers{lateral_->ptr(i - kOutputLevel).get(), merge_->ptr(i - kOutputLevel).get()};
    features = run_part(recomputes(), layers, up, {features, levels[i]});
  }
  return head_(features).contiguous();
}

std::shared_ptr<Network> make_unet(const NetworkSpec& spec) {
  require(
      spec.dropout.value_or(0) == 0, Fault::usage,
      "model.dropout leaves out features of a classifier's last layer, and model.name unet has none; leave it away");
  require(spec.height >= kSmallestSide && spec.width >= kSmallestSide, Fault::usage,
          "model.name unet needs images of at least 32×32 pixels, these are " + std::to_string(spec.width) + "×" +
              std::to_string(spec.height) + "; raise data.image-size");
  return std::make_shared<UNet>(spec);
}

}  // namespace hpctrain::models
