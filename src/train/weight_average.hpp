// Exponential moving average of the weights: what is evaluated, exported and predicted with, while training goes on
// with the weights themselves.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "train/parameter_shards.hpp"

namespace hpctrain::train {

/// Decay of update number `update` (from 1): short memory at first, so that the random start is soon forgotten.
double plan_decay(double decay, std::uint64_t update);

class WeightAverage {
 public:
  /// Starts as a copy of the parameters; call start_from_parameters() again once those are read or broadcast.
  /// With `shards` this rank keeps the average of what it owns alone.
  WeightAverage(double decay, const std::vector<checkpoint::NamedTensor>& parameters,
                ParameterShards* shards = nullptr);

  void start_from_parameters();
  /// average ← decay · average + (1 − decay) · parameter, after update number `update` (from 1).
  void follow(std::uint64_t update);

  /// Shared: restoring writes into it. Names are "average/<parameter>".
  std::vector<checkpoint::NamedTensor> state() const;

  /// While it lives, the parameters hold the averages; afterwards their own bits again. Of null: does nothing.
  ///   collective  with shards: all ranks make one together
  ///   cost        one more copy of the parameters
  class Scope {
   public:
    explicit Scope(WeightAverage* average);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    WeightAverage* average_;
    std::vector<torch::Tensor> own_;
  };

 private:
  double decay_;
  std::vector<std::string> names_;  ///< of what is followed
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> followed_;  ///< the parameters, or what this rank owns of them
  std::vector<torch::Tensor> averages_;  ///< of what is followed
  ParameterShards* shards_;              ///< null: parameters are followed whole
};

}  // namespace hpctrain::train
