#include "train/step.hpp"

#include <torch/utils.h>

#include "core/error.hpp"

namespace hpctrain::train {

using monitor::Phase;
using monitor::PhaseTimer;

StepReport TrainStep::run(std::uint64_t step) {
  const double lr = parts_.schedule.lr_at(step);
  const Learning learning = begin_learning(step);
  const data::GlobalBatch batch = accumulate_gradients(step);
  {
    const PhaseTimer timer(parts_.clock, Phase::communication);
    parts_.reduction.wait();
  }
  const PhaseTimer timer(parts_.clock, Phase::optimizer);
  UpdateReport update = parts_.update.run(step, lr, learning);
  parts_.statistics.apply(parts_.update.usable_statistics(statistics_passengers()));
  // A copy: the next step writes into the bucket before anybody has read this loss.
  return {batch, parts_.buckets.passengers().select(0, 0).clone(), lr, std::move(update)};
}

Learning TrainStep::begin_learning(std::uint64_t step) const {
  if (parts_.head_first == nullptr) return Learning::everything;
  parts_.head_first->begin_step(step);
  return parts_.head_first->at(step);
}

torch::Tensor TrainStep::statistics_passengers() const {
  return parts_.buckets.passengers().narrow(0, kStepPassengers, parts_.statistics.elements());
}

data::GlobalBatch TrainStep::accumulate_gradients(std::uint64_t step) {
  parts_.reduction.start_step();
  while (true) {
    const auto uploaded = [this] {
      const PhaseTimer timer(parts_.clock, Phase::data_wait);
      return parts_.feed.next();
    }();
    require_invariant(uploaded.has_value(), "the training loader never ends");
    const data::MicroBatch& records = uploaded->host;
    if (parts_.audit != nullptr && records.micro_step == 0) parts_.audit->begin_step(records.batch.epoch, step + 1);
    run_micro_step(*uploaded, step);
    parts_.feed.look_ahead();
    if (!records.is_last_of_step()) continue;
    if (parts_.audit != nullptr) parts_.audit->end_step();
    return records.batch;
  }
}

void TrainStep::run_micro_step(const tasks::DeviceRecords& uploaded, std::uint64_t step) {
  const data::MicroBatch& records = uploaded.host;
  torch::Tensor loss;
  // A rank whose share is used up adds zeros, and that is what its buckets already hold.
  if (records.count > 0 || parts_.has_collectives) {
    loss = parts_.micro_step.run_forward(uploaded, step);
    parts_.buckets.passengers().select(0, 0).add_(loss.detach());
  }
  // Before backward: the passengers leave with the last bucket, which may be before backward returns.
  parts_.statistics.write(statistics_passengers());
  parts_.reduction.start_backward(records.is_last_of_step());
  if (loss.defined()) parts_.micro_step.run_backward(parts_.update.scaled(loss));
  parts_.reduction.end_micro_step();
}

}  // namespace hpctrain::train
