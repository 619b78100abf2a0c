#include "models/residual_block.hpp"

#include <torch/nn.h>

namespace hpctrain::models {
namespace {

// Empty where the shortcut needs no change.
torch::nn::Sequential make_shortcut(std::int64_t from, std::int64_t to, std::int64_t stride) {
  if (from == to && stride == 1) return nullptr;
  return torch::nn::Sequential(make_convolution(from, to, 1, stride), std::make_shared<BatchNorm>(to));
}

}  // namespace

torch::nn::Conv2d make_convolution(std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, kernel).stride(stride).padding(kernel / 2).bias(false));
}

BasicBlock::BasicBlock(std::int64_t channels, std::int64_t width, std::int64_t stride) {
  conv1_ = register_module("conv1", make_convolution(channels, width, 3, stride));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm>(width));
  conv2_ = register_module("conv2", make_convolution(width, width, 3, 1));
  bn2_ = register_module("bn2", std::make_shared<BatchNorm>(width));
  downsample_ = make_shortcut(channels, width * kExpansion, stride);
  if (downsample_) register_module("downsample", downsample_);
}

torch::Tensor BasicBlock::forward(const torch::Tensor& input) {
  auto residual = bn1_->forward(conv1_(input)).relu_();
  residual = bn2_->forward(conv2_(residual));
  return residual.add_(downsample_ ? downsample_->forward(input) : input).relu_();
}

Bottleneck::Bottleneck(std::int64_t channels, std::int64_t width, std::int64_t stride) {
  conv1_ = register_module("conv1", make_convolution(channels, width, 1, 1));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm>(width));
  conv2_ = register_module("conv2", make_convolution(width, width, 3, stride));
  bn2_ = register_module("bn2", std::make_shared<BatchNorm>(width));
  conv3_ = register_module("conv3", make_convolution(width, width * kExpansion, 1, 1));
  bn3_ = register_module("bn3", std::make_shared<BatchNorm>(width * kExpansion));
  downsample_ = make_shortcut(channels, width * kExpansion, stride);
  if (downsample_) register_module("downsample", downsample_);
}

torch::Tensor Bottleneck::forward(const torch::Tensor& input) {
  auto residual = bn1_->forward(conv1_(input)).relu_();
  residual = bn2_->forward(conv2_(residual)).relu_();
  residual = bn3_->forward(conv3_(residual));
  return residual.add_(downsample_ ? downsample_->forward(input) : input).relu_();
}

}  // namespace hpctrain::models
