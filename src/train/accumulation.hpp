// How the samples of one global batch become this rank's gradients in the buckets. Two ways, by what a task's loss is:
// a sum over samples, or one number over all samples at once.
#pragma once

#include <cstdint>

#include "comm/gradient_channel.hpp"
#include "data/batch_plan.hpp"
#include "monitor/step_clock.hpp"
#include "train/audit.hpp"
#include "train/batch_feed.hpp"
#include "train/gradient_buckets.hpp"
#include "train/gradient_reduction.hpp"
#include "train/micro_step.hpp"
#include "train/micro_step_graphs.hpp"
#include "train/parameter_update.hpp"
#include "train/step_statistics.hpp"

namespace hpctrain::train {

/// Values of its own that a step sums along with the gradients: the loss.
inline constexpr std::int64_t kStepPassengers = 1;

class Accumulation {
 public:
  /// What it works with; all of it outlives the accumulation.
  struct Parts {
    BatchFeed& feed;
    MicroStep& micro_step;
    GradientBuckets& buckets;  ///< with kStepPassengers and the statistics' elements as passengers
    StepStatistics& statistics;
    GradientReduction& reduction;
    const ParameterUpdate& update;
    monitor::StepClock& clock;
    Audit* audit = nullptr;             ///< null: none
    bool has_collectives = false;       ///< forward and backward talk: micro-batches without samples run too
    MicroStepGraphs* graphs = nullptr;  ///< null: none
  };

  explicit Accumulation(const Parts& parts) : parts_(parts) {}
  virtual ~Accumulation() = default;

  /// Makes all micro-steps of update number step+1 and hands their gradients to the reduction, which is waited for
  /// elsewhere. What it throws for lack of memory leaves messages to other ranks as they would have been, so that the
  /// step can be dropped and made again.
  ///   errors  Fault::data (a bad record), Fault::stopped (a peer died)
  virtual data::GlobalBatch run(std::uint64_t step) = 0;

 protected:
  /// No gradients and no statistics yet.
  void clear_gradients();
  /// The next micro-batch of the step, which the loader always has; the audit knows.
  tasks::DeviceRecords next_records(std::uint64_t step);
  /// This rank's part of the loss and what forward passes staged ride with the last bucket: to be written before
  /// backward, for it may leave before backward returns.
  void write_passengers(const torch::Tensor& loss);

  Parts parts_;
};

/// For losses that are sums over samples: each micro-step is forward and backward.
class SampleLosses final : public Accumulation {
 public:
  using Accumulation::Accumulation;
  data::GlobalBatch run(std::uint64_t step) override;

 private:
  void run_micro_step(const tasks::DeviceRecords& records, std::uint64_t step);
};

}  // namespace hpctrain::train
