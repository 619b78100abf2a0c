#include "train/micro_step.hpp"

#include <torch/utils.h>

#include "core/philox.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseTimer;

constexpr std::uint32_t kDropoutOperation = 0x64726f70;  // "drop"

}  // namespace

tasks::Batch MicroStep::make_batch(const tasks::DeviceRecords& records) {
  const PhaseTimer timer(parts_.clock, Phase::make_batch);
  enter(Phase::make_batch);
  tasks::Batch batch = parts_.task.make_batch(records, tasks::Mode::train);
  if (parts_.audit != nullptr) parts_.audit->add(batch.sample_ids);
  return batch;
}

/// Dropout draws from torch's default generator. Seeding it from the step and the first sample makes the draw a
/// function of the work alone, so no generator state is saved.
void MicroStep::seed_draws(const MicroStepPlace& place) const {
  torch::manual_seed(CounterStream(parts_.seed, place.step, place.first_in_batch, kDropoutOperation).next_u64());
}

torch::Tensor MicroStep::run_forward(const tasks::Batch& batch, const MicroStepPlace& place) {
  const PhaseTimer timer(parts_.clock, Phase::forward);
  enter(Phase::forward);
  seed_draws(place);
  return parts_.forward_pass.run(parts_.task, parts_.network, batch);
}

torch::Tensor MicroStep::loss_of(const torch::Tensor& outputs, const tasks::Batch& batch) {
  const PhaseTimer timer(parts_.clock, Phase::forward);
  return parts_.task.loss_sum(outputs, batch);
}

void MicroStep::enter(Phase phase) {
  if (parts_.memory != nullptr) parts_.memory->enter(phase);
}

void MicroStep::run_backward(const torch::Tensor& loss) {
  const PhaseTimer timer(parts_.clock, Phase::backward);
  enter(Phase::backward);
  loss.backward();
}

void MicroStep::run_backward(const torch::Tensor& outputs, const torch::Tensor& gradient) {
  const PhaseTimer timer(parts_.clock, Phase::backward);
  enter(Phase::backward);
  outputs.backward(gradient);
}

}  // namespace hpctrain::train
