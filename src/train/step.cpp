#include "train/step.hpp"

#include <torch/utils.h>

#include <exception>
#include <optional>

namespace hpctrain::train {

using monitor::Phase;
using monitor::PhaseTimer;

StepReport TrainStep::run(const Progress& progress) {
  const std::uint64_t step = progress.step;
  const double lr = parts_.schedule.lr_at(step);
  const Learning learning = begin_learning(step);
  const data::GlobalBatch batch = accumulate(progress);
  const PhaseTimer timer(parts_.clock, Phase::optimizer);
  if (parts_.memory != nullptr) parts_.memory->enter(Phase::optimizer);
  UpdateReport update = parts_.update.run(step, lr, learning);
  const auto& sums = parts_.buckets.passengers();
  const auto statistics = sums.narrow(0, kStepPassengers, parts_.statistics.elements());
  parts_.statistics.apply(parts_.update.usable_statistics(statistics));
  // A copy: the next step writes into the bucket before anybody has read this loss.
  return {batch, sums.select(0, 0).clone(), lr, std::move(update)};
}

/// Gradients and statistics of an attempt that is dropped go when the next one begins.
data::GlobalBatch TrainStep::accumulate(const Progress& progress) {
  while (true) {
    std::optional<data::GlobalBatch> batch;
    std::optional<LackOfMemory> lack;
    try {
      batch = parts_.accumulation.run(progress.step);
    } catch (const std::exception& failure) {
      if (parts_.ladder == nullptr) throw;
      lack = parts_.ladder->find_lack(failure);
    }
    if (await_sums(batch.has_value())) {
      // Not before: the samples of a dropped attempt come again.
      if (parts_.audit != nullptr) parts_.audit->end_step();
      return *batch;
    }
    parts_.ladder->step_down(progress, lack);
  }
}

bool TrainStep::await_sums(bool is_whole) {
  const PhaseTimer timer(parts_.clock, Phase::communication);
  return parts_.reduction.wait(is_whole);
}

Learning TrainStep::begin_learning(std::uint64_t step) const {
  if (parts_.head_first == nullptr) return Learning::everything;
  parts_.head_first->begin_step(step);
  return parts_.head_first->at(step);
}

}  // namespace hpctrain::train
