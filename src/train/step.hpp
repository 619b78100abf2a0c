// One optimizer step: this rank's micro-steps, the sum over ranks, the update.
// Knows nothing of epochs, evaluation or checkpoints.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "monitor/step_clock.hpp"
#include "train/accumulation.hpp"
#include "train/audit.hpp"
#include "train/head_first.hpp"
#include "train/memory_ladder.hpp"
#include "train/parameter_update.hpp"
#include "train/phase_memory.hpp"
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
    MemoryLadder* ladder = nullptr;   ///< null, in groups of one only: a lack of memory is an error as any other
    PhaseMemory* memory = nullptr;    ///< null: nobody asks for peaks
    Audit* audit = nullptr;           ///< the accumulation's; null: none
    HeadFirst* head_first = nullptr;  ///< null: everything learns all the time
  };

  explicit TrainStep(const Parts& parts) : parts_(parts) {}

  /// Makes the update after `progress`; again and again where a rank runs out of memory, with less of it each time.
  ///   collective  all ranks
  ///   errors      Fault::data (a bad record), Fault::stopped (a peer died), Fault::device (out of memory)
  StepReport run(const Progress& progress);

 private:
  data::GlobalBatch accumulate(const Progress& progress);
  bool await_sums(bool is_whole);
  Learning begin_learning(std::uint64_t step) const;

  Parts parts_;
};

}  // namespace hpctrain::train
