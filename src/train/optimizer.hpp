// The update rules, on torch's fused kernels, with their state under names that a checkpoint can hold.
// Knows no ranks: by the time it runs, gradients are averages over the global batch on every rank. What it moves may be
// pieces of parameters.
#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update of every parameter from its gradient. Where `found_inf` is given and holds 1, nothing changes.
  ///   shapes  found_inf [1] float32 on the parameters' device
  virtual void step(double lr, const std::optional<torch::Tensor>& found_inf) = 0;
  void step(double lr) { step(lr, std::nullopt); }

  /// The state's tensors, shared: restoring writes into them. Names are "<kind of state>/<parameter>".
  virtual std::vector<checkpoint::NamedTensor> state() const = 0;
};

/// `parameters` have their gradients already (gradient_buckets.hpp); both stay in place for the optimizer's life.
/// `layers`: where `parameters` are pieces, the whole parameter of each, with its whole gradient: lars takes its norms
/// of them. Empty: they are whole themselves.
///   source  SGD with Nesterov momentum: Sutskever et al. 2013; Adam: Kingma and Ba 2015; AdamW: Loshchilov and Hutter
///           2019; LARS: You et al. 2017
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<checkpoint::NamedTensor>& parameters,
                                          const std::vector<torch::Tensor>& layers = {});

}  // namespace hpctrain::train
