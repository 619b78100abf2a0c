// Forward and backward over one micro-batch of this rank. Adds to whatever the parameters' gradients hold; knows no
// ranks and no updates.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "models/network.hpp"
#include "monitor/step_clock.hpp"
#include "tasks/task.hpp"
#include "train/audit.hpp"
#include "train/forward_pass.hpp"
#include "train/phase_memory.hpp"

namespace hpctrain::train {

/// Where a micro-batch stands in a run: what its random draws are a function of.
struct MicroStepPlace {
  std::uint64_t step = 0;
  std::uint64_t first_in_batch = 0;  ///< place of its first sample in the global batch
};

class MicroStep {
 public:
  /// What a micro-step works with; all of it outlives the micro-step.
  struct Parts {
    const tasks::Task& task;
    models::Network& network;
    ForwardPass forward_pass;
    monitor::StepClock& clock;
    std::uint64_t seed = 0;
    Audit* audit = nullptr;         ///< null: none
    PhaseMemory* memory = nullptr;  ///< null: nobody asks for peaks
  };

  explicit MicroStep(const Parts& parts) : parts_(parts) {}

  const tasks::Task& task() const noexcept { return parts_.task; }

  /// The records as the network gets them. Its images do not need the records any more, its targets may.
  ///   errors  Fault::data (a bad record)
  tasks::Batch make_batch(const tasks::DeviceRecords& records);

  /// What is drawn from here on is a function of the seed and the place.
  void seed_draws(const MicroStepPlace& place) const;

  /// The network's answers. Dropout draws the same whenever it is asked for the same place.
  torch::Tensor run_forward(const tasks::Batch& batch, const MicroStepPlace& place);

  /// The sum of the samples' losses, a scalar.
  torch::Tensor loss_of(const torch::Tensor& outputs, const tasks::Batch& batch);

  /// Adds the gradients of `loss`.
  void run_backward(const torch::Tensor& loss);
  /// Adds the gradients of a loss whose gradient by `outputs` is given.
  void run_backward(const torch::Tensor& outputs, const torch::Tensor& gradient);

 private:
  void enter(monitor::Phase phase);

  Parts parts_;
};

}  // namespace hpctrain::train
