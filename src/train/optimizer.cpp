#include "train/optimizer.hpp"

#include <torch/utils.h>

#include "core/error.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

/// The lists that torch's fused kernels take: parameters and their gradients, in one fixed order.
struct ParameterLists {
  std::vector<std::string> names;
  std::vector<torch::Tensor> values;
  std::vector<torch::Tensor> gradients;
};

ParameterLists make_lists(const std::vector<NamedTensor>& parameters) {
  ParameterLists lists;
  for (const auto& [name, tensor] : parameters) {
    require_invariant(tensor.grad().defined(), "parameter " + name + " has its gradient before the optimizer is made");
    lists.names.push_back(name);
    lists.values.push_back(tensor);
    lists.gradients.push_back(tensor.grad());
  }
  return lists;
}

std::vector<torch::Tensor> zeros_like_all(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> zeros;
  for (const auto& tensor : tensors) zeros.push_back(torch::zeros_like(tensor.detach()));
  return zeros;
}

void append_state(std::vector<NamedTensor>& state, const char* kind, const ParameterLists& lists,
                  const std::vector<torch::Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    state.push_back({std::string(kind) + "/" + lists.names[i], tensors[i]});
}

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerSettings& settings, const std::vector<NamedTensor>& parameters)
      : settings_(settings), lists_(make_lists(parameters)) {
    if (settings_.momentum > 0) momentum_ = zeros_like_all(lists_.values);
  }

  void step(double lr) override {
    const torch::NoGradGuard no_grad;
    // is_first_step stays false: momentum buffers start at zero, which gives the same first update as torch's clone
    // and keeps "has stepped before" out of the checkpoint.
    at::_fused_sgd_(lists_.values, lists_.gradients, momentum_, settings_.weight_decay, settings_.momentum, lr,
                    /*dampening=*/0.0, settings_.nesterov && settings_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/false);
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state;
    append_state(state, "momentum", lists_, momentum_);
    return state;
  }

 private:
  OptimizerSettings settings_;
  ParameterLists lists_;
  std::vector<torch::Tensor> momentum_;
};

class AdamW : public Optimizer {
 public:
  AdamW(const OptimizerSettings& settings, const std::vector<NamedTensor>& parameters)
      : settings_(settings),
        lists_(make_lists(parameters)),
        mean_(zeros_like_all(lists_.values)),
        square_(zeros_like_all(lists_.values)) {
    for (const auto& value : lists_.values) {
      steps_.push_back(torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat32).device(value.device())));
    }
  }

  void step(double lr) override {
    const torch::NoGradGuard no_grad;
    for (auto& steps : steps_) steps.add_(1);
    at::_fused_adamw_(lists_.values, lists_.gradients, mean_, square_, /*max_exp_avg_sqs=*/{}, steps_, lr,
                      settings_.beta1, settings_.beta2, settings_.weight_decay, settings_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state;
    append_state(state, "mean", lists_, mean_);
    append_state(state, "square", lists_, square_);
    append_state(state, "steps", lists_, steps_);
    return state;
  }

 private:
  OptimizerSettings settings_;
  ParameterLists lists_;
  std::vector<torch::Tensor> mean_;
  std::vector<torch::Tensor> square_;
  std::vector<torch::Tensor> steps_;  ///< one each, as torch's kernel wants
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<NamedTensor>& parameters) {
  switch (settings.kind) {
    case OptimizerKind::sgd:
      return std::make_unique<Sgd>(settings, parameters);
    case OptimizerKind::adamw:
      return std::make_unique<AdamW>(settings, parameters);
  }
  throw Error(Fault::bug, "optimizer kind without a class");
}

}  // namespace hpctrain::train
