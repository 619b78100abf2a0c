// Parts of a network that run twice: in forward without keeping what lies inside them, and again when backward needs
// it. LibTorch has this in Python only. Knows no layers; docs/decisions/0040 has the reasons.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace hpctrain::models {

/// A part of a network: one tensor from several, with the same operations whenever it is called. It changes none of its
/// inputs, answers with none of them, and what it refers to outlives the backward pass.
using Part = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

/// The layers whose parameters a part uses.
using PartLayers = std::vector<const torch::nn::Module*>;

/// part(inputs). With `is_recomputed`, and where a gradient will be asked for, backward finds only the inputs and runs
/// the part again: with the same random numbers, in the same number formats, and its gradients are the same to the bit.
/// Parameters get theirs while the part is differentiated, so hooks of theirs are called then, once.
///   cost    the part's forward once more; memory for its inputs in place of all that lies between its operations
///   errors  c10::Error in backward when an input was changed in place since
///   source  Training Deep Nets with Sublinear Memory Cost, Chen et al. 2016
torch::Tensor run_part(bool is_recomputed, const PartLayers& layers, const Part& part,
                       std::vector<torch::Tensor> inputs);

/// The modules of a sequence one after the other, each a part by itself.
torch::Tensor run_parts(bool is_recomputed, torch::nn::Sequential& modules, torch::Tensor input);

/// One layer as a part.
template <typename Layer>
torch::Tensor run_layer(bool is_recomputed, const std::shared_ptr<Layer>& layer, torch::Tensor input) {
  const auto run = [layer](const std::vector<torch::Tensor>& inputs) { return layer->forward(inputs.front()); };
  return run_part(is_recomputed, {layer.get()}, run, {std::move(input)});
}

/// True while a part runs for the second time: what counts forward passes does not count this one.
bool is_second_run() noexcept;

/// What a layer must not compute twice, such as numbers that ranks add up: computed in the first run of a part, found
/// again in the second, in the same order. Outside of parts plainly computed.
std::vector<torch::Tensor> computed_once(const std::function<std::vector<torch::Tensor>()>& compute);

}  // namespace hpctrain::models
