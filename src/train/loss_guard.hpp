// Ends a run whose loss is no longer a number, before hours go into it or a checkpoint keeps it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace hpctrain::train {

/// The loss is summed over ranks, so every rank sees the same one and comes to the same end without a word.
class LossGuard {
 public:
  /// Reads the loss of the step before, so that no step waits for its own.
  ///   shapes  loss scalar
  ///   errors  as require_finite()
  void watch(std::uint64_t step, const torch::Tensor& loss);

  /// Reads the newest loss as well: before parameters are scored or saved.
  ///   blocks  until the step has run on the device
  ///   errors  Fault::usage, agreed, naming the step and the cures
  void require_finite();

 private:
  struct Watched {
    std::uint64_t step;
    torch::Tensor loss;
  };
  std::optional<Watched> newest_;
};

}  // namespace hpctrain::train
