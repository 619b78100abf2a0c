#include "train/step.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "core/philox.hpp"
#include "device/device.hpp"

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

StepReport TrainStep::run(std::uint64_t step) {
  const double lr = parts_.schedule.lr_at(step);
  const data::GlobalBatch batch = accumulate_gradients(step);
  {
    const PhaseTimer timer(parts_.clock, Phase::communication);
    parts_.statistics.write(own_statistics());
    parts_.buckets.sum_over_ranks(parts_.channel, device::compute_stream(parts_.device));
  }
  const PhaseTimer timer(parts_.clock, Phase::optimizer);
  UpdateReport update = parts_.update.run(step, lr);
  parts_.statistics.apply(parts_.update.usable_statistics(own_statistics()));
  // A copy: the next step writes into the bucket before anybody has read this loss.
  return {batch, parts_.buckets.passengers().select(0, 0).clone(), lr, std::move(update)};
}

torch::Tensor TrainStep::own_statistics() const {
  return parts_.buckets.passengers().narrow(0, kStepPassengers, parts_.statistics.elements());
}

data::GlobalBatch TrainStep::accumulate_gradients(std::uint64_t step) {
  parts_.buckets.zero();
  parts_.statistics.clear();
  while (true) {
    const auto uploaded = [this] {
      const PhaseTimer timer(parts_.clock, Phase::data_wait);
      return parts_.feed.next();
    }();
    require_invariant(uploaded.has_value(), "the training loader never ends");
    const data::MicroBatch& records = uploaded->host;
    if (parts_.audit != nullptr && records.micro_step == 0) parts_.audit->begin_step(records.batch.epoch, step + 1);
    // A rank whose share is used up adds zeros, and that is what its buckets already hold.
    if (records.count > 0) run_micro_step(*uploaded, step);
    parts_.feed.look_ahead();
    if (!records.is_last_of_step()) continue;
    if (parts_.audit != nullptr) parts_.audit->end_step();
    return records.batch;
  }
}

void TrainStep::run_micro_step(const tasks::DeviceRecords& uploaded, std::uint64_t step) {
  const data::MicroBatch& records = uploaded.host;
  seed_default_generator(parts_.seed, step, records.first_in_batch);
  tasks::Batch batch;
  {
    const PhaseTimer timer(parts_.clock, Phase::host_to_device);
    batch = parts_.task.make_batch(uploaded, tasks::Mode::train);
  }
  torch::Tensor loss;
  {
    const PhaseTimer timer(parts_.clock, Phase::forward);
    const auto outputs = parts_.forward_pass.run(parts_.task, parts_.network, batch);
    loss = parts_.task.loss_sum(outputs, batch) / static_cast<double>(records.batch.count);
  }
  {
    const PhaseTimer timer(parts_.clock, Phase::backward);
    parts_.update.scaled(loss).backward();
    parts_.buckets.passengers().select(0, 0).add_(loss.detach());
  }
  if (parts_.audit != nullptr) parts_.audit->add(batch.sample_ids);
}

}  // namespace hpctrain::train
