#include "train/step.hpp"

#include <torch/utils.h>

namespace hpctrain::train {

using monitor::Phase;
using monitor::PhaseTimer;

StepReport TrainStep::run(std::uint64_t step) {
  const double lr = parts_.schedule.lr_at(step);
  const Learning learning = begin_learning(step);
  const data::GlobalBatch batch = parts_.accumulation.run(step);
  {
    const PhaseTimer timer(parts_.clock, Phase::communication);
    parts_.reduction.wait();
  }
  const PhaseTimer timer(parts_.clock, Phase::optimizer);
  UpdateReport update = parts_.update.run(step, lr, learning);
  const auto& sums = parts_.buckets.passengers();
  const auto statistics = sums.narrow(0, kStepPassengers, parts_.statistics.elements());
  parts_.statistics.apply(parts_.update.usable_statistics(statistics));
  // A copy: the next step writes into the bucket before anybody has read this loss.
  return {batch, sums.select(0, 0).clone(), lr, std::move(update)};
}

Learning TrainStep::begin_learning(std::uint64_t step) const {
  if (parts_.head_first == nullptr) return Learning::everything;
  parts_.head_first->begin_step(step);
  return parts_.head_first->at(step);
}

}  // namespace hpctrain::train
