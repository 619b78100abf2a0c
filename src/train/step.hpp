// One optimizer step: this rank's micro-steps, the sum over ranks, the update.
// Knows nothing of epochs, evaluation or checkpoints.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "monitor/step_clock.hpp"
#include "train/accumulation.hpp"
#include "train/head_first.hpp"
#include "train/parameter_update.hpp"
#include "train/schedule.hpp"

namespace hpctrain::train {

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
    Accumulation& accumulation;
    GradientBuckets& buckets;  ///< the accumulation's, as all of these
    StepStatistics& statistics;
    GradientReduction& reduction;
    ParameterUpdate& update;
    const Schedule& schedule;
    monitor::StepClock& clock;
    HeadFirst* head_first = nullptr;  ///< null: everything learns all the time
  };

  explicit TrainStep(const Parts& parts) : parts_(parts) {}

  /// Makes update number step+1.
  ///   collective  all ranks
  ///   errors      Fault::data (a bad record), Fault::stopped (a peer died)
  StepReport run(std::uint64_t step);

 private:
  Learning begin_learning(std::uint64_t step) const;

  Parts parts_;
};

}  // namespace hpctrain::train
