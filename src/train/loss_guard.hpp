// Ends a run whose numbers are no longer numbers, before hours go into it or a checkpoint keeps it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "train/settings.hpp"

namespace hpctrain::train {

/// Losses and gradients are summed over ranks, so every rank sees the same and comes to the same end without a word.
class LossGuard {
 public:
  explicit LossGuard(const TrainSettings& settings);

  /// Reads the loss of the step before, so that no step waits for its own.
  ///   shapes  loss scalar; is_skipped scalar, 1 when the update was skipped, or undefined
  ///   errors  as require_sound()
  void watch(std::uint64_t step, const torch::Tensor& loss, const torch::Tensor& is_skipped);

  /// Reads the newest loss as well: before parameters are scored or saved.
  ///   blocks  until the step has run on the device
  ///   errors  Fault::usage, agreed, naming the step and the cures, once more losses in a row were not finite, or more
  ///           updates in a row skipped, than the settings allow
  void require_sound();

 private:
  struct Watched {
    std::uint64_t step;
    torch::Tensor loss;
    torch::Tensor is_skipped;
  };

  void count_loss(const Watched& watched);
  void count_skip(const Watched& watched);

  std::uint64_t most_bad_losses_;
  std::uint64_t most_skips_;
  std::uint64_t bad_losses_in_a_row_ = 0;
  std::uint64_t skips_in_a_row_ = 0;
  std::optional<Watched> newest_;
};

}  // namespace hpctrain::train
