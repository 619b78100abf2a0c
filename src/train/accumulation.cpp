#include "train/accumulation.hpp"

#include <torch/utils.h>

#include <utility>

#include "core/error.hpp"

namespace hpctrain::train {

using monitor::Phase;
using monitor::PhaseTimer;

/// As long as a large part of the update, and with it in the phase's usual meaning.
void Accumulation::clear_gradients() {
  const PhaseTimer timer(parts_.clock, Phase::optimizer);
  parts_.reduction.start_step();
}

tasks::DeviceRecords Accumulation::next_records(std::uint64_t step) {
  auto records = [this] {
    const PhaseTimer timer(parts_.clock, Phase::data_wait);
    return parts_.feed.next();
  }();
  require_invariant(records.has_value(), "the training loader never ends");
  const data::MicroBatch& host = records->host;
  if (parts_.audit != nullptr && host.micro_step == 0) parts_.audit->begin_step(host.batch.epoch, step + 1);
  return std::move(*records);
}

void Accumulation::write_passengers(const torch::Tensor& loss) {
  const auto& passengers = parts_.buckets.passengers();
  if (loss.defined()) passengers.select(0, 0).add_(loss.detach());
  parts_.statistics.write(passengers.narrow(0, kStepPassengers, parts_.statistics.elements()));
}

data::GlobalBatch SampleLosses::run(std::uint64_t step) {
  clear_gradients();
  while (true) {
    const tasks::DeviceRecords records = next_records(step);
    run_micro_step(records, step);
    parts_.feed.look_ahead();
    if (records.host.is_last_of_step()) return records.host.batch;
  }
}

void SampleLosses::run_micro_step(const tasks::DeviceRecords& records, std::uint64_t step) {
  torch::Tensor loss;
  bool is_differentiated = false;
  // A rank whose share is used up adds zeros, and that is what its buckets already hold.
  if (records.host.count > 0 || parts_.has_collectives) {
    const auto batch = parts_.micro_step.make_batch(records);
    const MicroStepPlace place{step, records.host.first_in_batch};
    const std::uint64_t samples = records.host.batch.count;
    if (parts_.graphs != nullptr) loss = parts_.graphs->run(batch, place, samples).value_or(torch::Tensor());
    is_differentiated = loss.defined();
    if (!is_differentiated) {
      loss =
          parts_.micro_step.loss_of(parts_.micro_step.run_forward(batch, place), batch) / static_cast<double>(samples);
    }
  }
  write_passengers(loss);
  parts_.reduction.start_backward(records.host.is_last_of_step());
  if (loss.defined() && !is_differentiated) parts_.micro_step.run_backward(parts_.update.scaled(loss));
  parts_.reduction.end_micro_step();
}

}  // namespace hpctrain::train
