// From gradients that are summed over ranks to moved parameters: unscale, skip or clip, update, average. Every rank has
// the same sums, so every rank does the same and nothing is said; with shards each moves what it owns, for all.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "train/head_first.hpp"
#include "train/loss_scaler.hpp"
#include "train/optimizer.hpp"
#include "train/parameter_shards.hpp"
#include "train/settings.hpp"
#include "train/weight_average.hpp"

namespace hpctrain::train {

/// Scalars on the device: reading them may wait for the GPU. Undefined where the run has no such thing.
struct UpdateReport {
  torch::Tensor gradient_norm;    ///< before clipping
  torch::Tensor loss_scale;       ///< that the gradients came with
  torch::Tensor is_skipped;       ///< 1 when gradients were not finite, and so nothing moved
  torch::Tensor skipped_updates;  ///< since the run began
};

class ParameterUpdate {
 public:
  /// `parameters` have their gradients already, as make_optimizer() wants them. `head`: the module that
  /// train.head-only-epochs means, where that is not 0. `shards`: of these parameters, where each rank moves its own;
  /// they outlive the update.
  ParameterUpdate(const TrainSettings& train, const OptimizerSettings& optimizer,
                  const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head = {},
                  ParameterShards* shards = nullptr);

  /// What backward starts from: the loss, times the loss scale where there is one.
  torch::Tensor scaled(const torch::Tensor& loss) const;

  /// Makes update number step+1. A skipped update counts as a step: schedules and averages go on. With Learning::head
  /// nothing else moves, is decayed or gathers momentum; gradients of the rest must be zero.
  ///   collective  with shards: all ranks
  ///   blocks      no, but for lars where updates can be skipped, and on the host with shards
  UpdateReport run(std::uint64_t step, double lr, Learning learning = Learning::everything);

  /// True where gradients that are not finite skip the update: fp16, or train.nan-skips.
  bool can_skip() const noexcept { return found_inf_.defined(); }
  /// Sums of batch statistics as they may enter running statistics: all of them, or zeros where updates can be skipped
  /// and any is not finite.
  torch::Tensor usable_statistics(const torch::Tensor& sums) const;

  WeightAverage* average() const noexcept { return average_.get(); }
  /// Tensors of the optimizer and of the average; shared, restoring writes into them. With shards: of what this rank
  /// owns, under the same names.
  std::vector<checkpoint::NamedTensor> state() const;
  /// What else must come back on a resume: loss scale and counters. They are no tensors of the checkpoint, so that a
  /// run may go on in another number format.
  ///   blocks  until the newest update has run on the device
  nlohmann::json steering() const;
  /// What steering() gave; names that are missing leave their values as they are.
  ///   errors  Fault::no_checkpoint when a value is of the wrong kind
  void restore(const nlohmann::json& steering);

 private:
  void make_optimizers(const OptimizerSettings& settings, const std::vector<checkpoint::NamedTensor>& moved,
                       const std::vector<torch::Tensor>& layers, std::string_view head);
  void look_for_overflow();

  std::vector<torch::Tensor> gradients_;
  std::optional<double> clip_norm_;
  ParameterShards* shards_;                    ///< null: this rank moves everything
  std::unique_ptr<Optimizer> optimizer_;       ///< of all parameters, or of the head's alone; null: there are none here
  std::unique_ptr<Optimizer> rest_optimizer_;  ///< of the others; null likewise
  std::unique_ptr<LossScaler> scaler_;         ///< fp16
  std::unique_ptr<WeightAverage> average_;     ///< train.ema-decay
  torch::Tensor found_inf_;                    ///< [1] float32; undefined: updates are never skipped
  torch::Tensor skipped_updates_;              ///< [1] float32
};

/// Names, types and shapes of what ParameterUpdate::state() has for whole parameters: tensors of the meta device, laid
/// out as the parameters, without memory.
std::vector<checkpoint::NamedTensor> describe_update_state(const TrainSettings& train,
                                                           const OptimizerSettings& optimizer,
                                                           const std::vector<checkpoint::NamedTensor>& parameters,
                                                           std::string_view head = {});

}  // namespace hpctrain::train
