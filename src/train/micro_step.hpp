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

namespace hpctrain::train {

class MicroStep {
 public:
  /// What a micro-step works with; all of it outlives the micro-step.
  struct Parts {
    const tasks::Task& task;
    models::Network& network;
    ForwardPass forward_pass;
    monitor::StepClock& clock;
    std::uint64_t seed = 0;
    Audit* audit = nullptr;  ///< null: none
  };

  explicit MicroStep(const Parts& parts) : parts_(parts) {}

  /// What these records add to the mean loss of their global batch: a scalar to run backward from. The records are not
  /// read after this.
  ///   errors  Fault::data (a bad record)
  torch::Tensor run_forward(const tasks::DeviceRecords& uploaded, std::uint64_t step);

  /// Adds the gradients of `loss`.
  void run_backward(const torch::Tensor& loss);

 private:
  Parts parts_;
};

}  // namespace hpctrain::train
