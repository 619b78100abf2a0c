// Layer-wise adaptive rates, for global batches of many thousands.
#pragma once

#include "train/optimizer.hpp"
#include "train/parameter_lists.hpp"

namespace hpctrain::train {

/// Each layer's rate is lr · trust · |w| / (|g| + decay · |w|); where either norm is zero it is lr.
///   source  You, Gitman and Ginsburg 2017, algorithm 1: the rate stands inside the momentum
class Lars : public Optimizer {
 public:
  /// As make_optimizer().
  Lars(const OptimizerSettings& settings, const std::vector<checkpoint::NamedTensor>& parameters,
       const std::vector<torch::Tensor>& layers = {});

  void step(double lr, const std::optional<torch::Tensor>& found_inf) override;
  std::vector<checkpoint::NamedTensor> state() const override;

 private:
  /// What layers of one kind are moved by; updated together.
  struct Group {
    std::vector<torch::Tensor> layers;           ///< whole, where values may be pieces
    std::vector<torch::Tensor> layer_gradients;  ///< of the layers
    std::vector<torch::Tensor> values;
    std::vector<torch::Tensor> gradients;
    std::vector<torch::Tensor> momentum;
  };

  /// One scalar for each layer of the adaptive group, on the device.
  std::vector<torch::Tensor> layer_rates(double lr) const;
  void move(const Group& group, const std::vector<torch::Tensor>& updates) const;

  OptimizerSettings settings_;
  ParameterLists lists_;
  std::vector<torch::Tensor> momentum_;
  Group adaptive_;
  Group exempt_;
};

}  // namespace hpctrain::train
