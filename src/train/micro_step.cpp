#include "train/micro_step.hpp"

#include <torch/utils.h>

#include "core/philox.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseTimer;

constexpr std::uint32_t kDropoutOperation = 0x64726f70;  // "drop"

/// Dropout draws from torch's default generator. Seeding it from the step and the first sample makes the draw a
/// function of the work alone, so no generator state is saved.
void seed_default_generator(std::uint64_t seed, std::uint64_t step, std::uint64_t first_in_batch) {
  torch::manual_seed(CounterStream(seed, step, first_in_batch, kDropoutOperation).next_u64());
}

}  // namespace

torch::Tensor MicroStep::run_forward(const tasks::DeviceRecords& uploaded, std::uint64_t step) {
  const data::MicroBatch& records = uploaded.host;
  seed_default_generator(parts_.seed, step, records.first_in_batch);
  tasks::Batch batch;
  {
    const PhaseTimer timer(parts_.clock, Phase::make_batch);
    batch = parts_.task.make_batch(uploaded, tasks::Mode::train);
  }
  if (parts_.audit != nullptr) parts_.audit->add(batch.sample_ids);
  const PhaseTimer timer(parts_.clock, Phase::forward);
  const auto outputs = parts_.forward_pass.run(parts_.task, parts_.network, batch);
  return parts_.task.loss_sum(outputs, batch) / static_cast<double>(records.batch.count);
}

void MicroStep::run_backward(const torch::Tensor& loss) {
  const PhaseTimer timer(parts_.clock, Phase::backward);
  loss.backward();
}

}  // namespace hpctrain::train
