#include "train/optimizer.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "train/lars.hpp"
#include "train/parameter_lists.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerSettings& settings, const std::vector<NamedTensor>& parameters)
      : settings_(settings), lists_(make_parameter_lists(parameters)) {
    if (settings_.momentum > 0) momentum_ = zeros_like_all(lists_.values);
  }

  void step(double lr, const std::optional<torch::Tensor>& found_inf) override {
    const torch::NoGradGuard no_grad;
    // is_first_step stays false: momentum buffers start at zero, which gives the same first update as torch's clone
    // and keeps "has stepped before" out of the checkpoint.
    at::_fused_sgd_(lists_.values, lists_.gradients, momentum_, settings_.weight_decay, settings_.momentum, lr,
                    /*dampening=*/0.0, settings_.nesterov && settings_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/false, /*grad_scale=*/{}, found_inf);
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

/// Adam and AdamW: they differ in where weight decay enters.
class Adam : public Optimizer {
 public:
  Adam(const OptimizerSettings& settings, const std::vector<NamedTensor>& parameters)
      : settings_(settings),
        lists_(make_parameter_lists(parameters)),
        mean_(zeros_like_all(lists_.values)),
        square_(zeros_like_all(lists_.values)) {
    for (const auto& value : lists_.values) {
      steps_.push_back(torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat32).device(value.device())));
    }
  }

  void step(double lr, const std::optional<torch::Tensor>& found_inf) override {
    const torch::NoGradGuard no_grad;
    at::_foreach_add_(steps_, 1);
    const auto update = settings_.kind == OptimizerKind::adamw ? fused_adamw : fused_adam;
    update(lists_.values, lists_.gradients, mean_, square_, {}, steps_, lr, settings_.beta1, settings_.beta2,
           settings_.weight_decay, settings_.epsilon, /*amsgrad=*/false, /*maximize=*/false, {}, found_inf);
    // A skipped update is none for the bias correction either; told on the device, without reading the flag.
    if (found_inf) at::_foreach_sub_(steps_, std::vector(steps_.size(), found_inf->squeeze(0)));
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state;
    append_state(state, "mean", lists_, mean_);
    append_state(state, "square", lists_, square_);
    append_state(state, "steps", lists_, steps_);
    return state;
  }

 private:
  using FusedKernel = decltype(at::_ops::_fused_adam_::call);
  static constexpr FusedKernel* fused_adam = at::_ops::_fused_adam_::call;
  static constexpr FusedKernel* fused_adamw = at::_ops::_fused_adamw_::call;

  OptimizerSettings settings_;
  ParameterLists lists_;
  std::vector<torch::Tensor> mean_;
  std::vector<torch::Tensor> square_;
  std::vector<torch::Tensor> steps_;  ///< one each, as torch's kernel wants
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings, const std::vector<NamedTensor>& parameters,
                                          const std::vector<torch::Tensor>& layers) {
  switch (settings.kind) {
    case OptimizerKind::sgd:
      return std::make_unique<Sgd>(settings, parameters);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return std::make_unique<Adam>(settings, parameters);
    case OptimizerKind::lars:
      return std::make_unique<Lars>(settings, parameters, layers);
  }
  throw Error(Fault::bug, "optimizer kind without a class");
}

}  // namespace hpctrain::train
