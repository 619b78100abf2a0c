// One optimizer step: this rank's micro-steps, the sum over ranks, the update.
// Knows nothing of epochs, evaluation or checkpoints.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "monitor/step_clock.hpp"
#include "train/audit.hpp"
#include "train/batch_feed.hpp"
#include "train/gradient_buckets.hpp"
#include "train/gradient_reduction.hpp"
#include "train/head_first.hpp"
#include "train/micro_step.hpp"
#include "train/parameter_update.hpp"
#include "train/schedule.hpp"
#include "train/step_statistics.hpp"

namespace hpctrain::train {

/// Values of its own that a step sums along with the gradients: the loss.
inline constexpr std::int64_t kStepPassengers = 1;

struct StepReport {
  data::GlobalBatch batch;
  torch::Tensor loss;  ///< mean over the global batch, scalar float32 on the device: reading it may wait for the GPU
  double lr = 0;
  UpdateReport update;
};

class TrainStep {
 public:
  /// What a step works with; all of it outlives the step.
  struct Parts {
    BatchFeed& feed;
    MicroStep& micro_step;
    GradientBuckets& buckets;  ///< with kStepPassengers and the statistics' elements as passengers
    StepStatistics& statistics;
    GradientReduction& reduction;
    ParameterUpdate& update;
    const Schedule& schedule;
    monitor::StepClock& clock;
    Audit* audit = nullptr;           ///< null: none
    bool has_collectives = false;     ///< forward and backward talk: micro-batches without samples run too
    HeadFirst* head_first = nullptr;  ///< null: everything learns all the time
  };

  explicit TrainStep(const Parts& parts) : parts_(parts) {}

  /// Makes update number step+1.
  ///   collective  all ranks
  ///   errors      Fault::data (a bad record), Fault::stopped (a peer died)
  StepReport run(std::uint64_t step);

 private:
  data::GlobalBatch accumulate_gradients(std::uint64_t step);
  Learning begin_learning(std::uint64_t step) const;
  torch::Tensor statistics_passengers() const;
  void run_micro_step(const tasks::DeviceRecords& uploaded, std::uint64_t step);

  Parts parts_;
};

}  // namespace hpctrain::train
